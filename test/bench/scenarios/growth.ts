/** Whether a decision gets dearer as the ledger grows. */
import { join } from "node:path";
import { setImmediate as endOfTick } from "node:timers/promises";
import type { Bench, Group, Scenario } from "../bench.ts";
import { type Books, grownBooks } from "../contestants/grown-books.ts";
import { pairOn } from "../contestants/ours.ts";
import { ascending, quantile } from "../median.ts";
import { type Runner, alternate } from "../rounds.ts";
import { tempFolder } from "../temp-folder.ts";

const SMALL = 1000;
const OURS = "assistants-budget";
const INDEXED = "SUM by an index";
const PLAIN = "SUM without one";

const count = new Intl.NumberFormat("en");
const nameOf = (what: string, lines: number) => `${what}, ${count.format(lines)} lines`;

/** The median of single calls, in µs: fewer of them where each is slow. */
async function p50(call: () => unknown, ms: number): Promise<number> {
  const took: number[] = [];
  const until = performance.now() + ms;
  while (performance.now() < until) {
    await endOfTick();
    const start = performance.now();
    await call();
    took.push((performance.now() - start) * 1000);
  }
  return quantile(ascending(took), 0.5);
}

function runnersOf(lines: number, books: Books, ms: number): readonly Runner[] {
  const calls = { [OURS]: () => pairOn(books.store), [INDEXED]: books.sum, [PLAIN]: books.scan };
  return Object.entries(calls).map(([what, call]) => ({
    name: nameOf(what, lines),
    isOurs: what === OURS,
    measure: async () => ({ value: await p50(call, ms) }),
  }));
}

async function run(bench: Bench): Promise<readonly Group[]> {
  const folder = await tempFolder(bench.closing);
  const sizes = [SMALL, 100_000, ...(bench.quick ? [] : [1_000_000])];
  if (bench.full) sizes.push(10_000_000);
  const runners: Runner[] = [];
  for (const lines of sizes) {
    bench.tell(`writing ${count.format(lines)} ledger lines`);
    const books = await grownBooks(join(folder, `${lines}`), lines);
    bench.closing.defer(books.close);
    runners.push(...runnersOf(lines, books, bench.ms / 3));
  }
  const order = [OURS, INDEXED, PLAIN].flatMap((what) =>
    sizes.flatMap((lines) => runners.filter(({ name }) => name === nameOf(what, lines))),
  );
  const title = "median of single calls";
  const base = nameOf(OURS, SMALL);
  const { rows, ratio } = await alternate(bench, { title, base, runners: order });
  const goals = sizes.slice(1).map((lines) => ({
    of: `of the time with ${count.format(SMALL)} lines: with ${count.format(lines)}`,
    sense: "at most" as const,
    wanted: 1.15,
    found: ratio(nameOf(OURS, lines), base),
    unit: "x" as const,
  }));
  return [{ title, unit: "µs", base, rows, goals, isCharted: true }];
}

export const growthScenario: Scenario = {
  name: "growth",
  title: "A ledger that grows",
  about:
    "Reserve and settle on SQLite, synced, beside the way that most examples publish: the sum of what a user was charged today.",
  run,
};
