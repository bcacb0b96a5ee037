/** On a real disk, every commit synced. */
import { join } from "node:path";
import type { Bench, Goal, Group, Scenario } from "../bench.ts";
import { type Contest, callsPerSecond, startCaller } from "../callers.ts";
import { alternate } from "../rounds.ts";
import { tempFolder } from "../temp-folder.ts";

const OURS = "assistants-budget";
const EACH = "a transaction each, by hand";
const FLOOR = "two transactions, one update each";
const LIMITERS = "rate-limiter-flexible, five limiters";

function goalsOf(lanes: number, ratio: (of: string) => number, p99 = Number.NaN): readonly Goal[] {
  const against = `of the pairs of ${EACH}, ${lanes} at once`;
  switch (lanes) {
    case 1: {
      const of = `of the time of ${FLOOR}`;
      return [{ of, sense: "at most", wanted: 1.8, found: 1 / ratio(FLOOR), unit: "x" }];
    }
    case 16:
      return [{ of: against, sense: "at least", wanted: 6, found: ratio(EACH), unit: "x" }];
    default:
      return [
        { of: against, sense: "at least", wanted: 10, found: ratio(EACH), unit: "x" },
        { of: "for 99 % of the pairs", sense: "at most", wanted: 15, found: p99, unit: "ms" },
      ];
  }
}

async function run(bench: Bench): Promise<readonly Group[]> {
  const folder = await tempFolder(bench.closing);
  const contest = (name: string, contestant: Contest["contestant"]): Contest => {
    const place = join(folder, `${contestant.replaceAll(" ", "-")}.sqlite`);
    return { name, contestant, place, isOurs: name === OURS, callers: [startCaller(bench)] };
  };
  const contests = [
    contest(OURS, "SQLite pair"),
    contest(EACH, "SQLite transactions"),
    contest(LIMITERS, "SQLite limiters"),
  ];
  const floor = contest(FLOOR, "SQLite updates");

  const groups: Group[] = [];
  for (const lanes of [1, 16, 128]) {
    const title = `${lanes} at once`;
    const side = lanes === 1 ? [...contests, floor] : contests;
    const runners = side.map((one) => callsPerSecond(one, lanes, bench.ms));
    const { rows, ratio, p99 } = await alternate(bench, { title, base: EACH, runners });
    const goals = goalsOf(lanes, (of) => ratio(OURS, of), p99(OURS));
    groups.push({ title, unit: "pairs/s", base: EACH, rows, goals, isCharted: lanes === 128 });
  }
  return groups;
}

export const sqliteScenario: Scenario = {
  name: "sqlite",
  title: "SQLite",
  about:
    "The same pair on a file with synchronous=FULL: nothing is answered before it is on the disk. The limiters count, and keep neither holds nor a ledger.",
  run,
};
