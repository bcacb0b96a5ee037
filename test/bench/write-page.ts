/** docs/benchmarks.md and its chart, made of what was measured. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execute } from "../servers/programs.ts";
import type { Flags, Group, Result } from "./bench.ts";
import { chart } from "./chart.ts";
import { better, figure, found, times, verdict, wanted } from "./figures.ts";
import { type Machine, describe } from "./machine.ts";
import { MORE_ROUNDS } from "./server-cpu.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = "docs/benchmarks.md";
const CHART = "docs/images/benchmarks.svg";

export interface Measured {
  readonly machine: Machine;
  readonly flags: Flags;
  readonly results: readonly Result[];
}

/** Gives back what was written. */
export async function writePage(measured: Measured): Promise<readonly string[]> {
  await writeFile(join(ROOT, PAGE), page(measured));
  await writeFile(join(ROOT, CHART), await chart(measured.results));
  // It aligns the tables.
  await execute(join(ROOT, "node_modules/.bin/oxfmt"), [join(ROOT, PAGE)]);
  return [PAGE, CHART];
}

function page({ machine, flags, results }: Measured): string {
  const goals = results.flatMap(({ groups }) => groups.flatMap((group) => group.goals));
  const met = goals.filter((goal) => verdict(goal) === "met").length;
  return `# Benchmarks

What the budget costs, beside what people use instead, measured side by side on one machine.

![Bars for each scenario: ours in blue, the others in grey.](images/benchmarks.svg)

\`\`\`sh
npx -y pnpm@12 bench                # all of it, some fifteen minutes
npx -y pnpm@12 bench --quick        # a look, two minutes
npx -y pnpm@12 bench --only sqlite  # one scenario: ${results.map(({ scenario }) => scenario.name).join(", ")}
npx -y pnpm@12 bench --full         # also a ledger of ten million lines, which takes gigabytes of disk
npx -y pnpm@12 bench --write        # writes this page and its chart anew
\`\`\`

## How to read it

- **Look at the ratios.** The absolute figures are this machine's: ${describe(machine)}. Load, servers and apps share its cores.
- **Side by side, in rounds.** Each contestant has its turn in every round, and another one begins each time, so that a noisy minute falls on all of them. A ratio is taken within each round; what stands here is the median of ${flags.rounds} rounds of ${flags.ms} ms, after one that warms up.
- **Processes of their own.** Apps, load generator and contestants don't warm up, or slow down, one another's code. Only what is measured in memory shares one.
- **What a request leaves room for.** On a route that never touches the budget each variant is sent ${MORE_ROUNDS} times as many rounds, of so many requests each, and the microseconds of its process are counted: what takes 2 % more of a processor leaves room for 0.98 × of the requests. Frameworks have something of their own kind that does nothing beside them, since whatever is mounted costs that much.
- **A pair** is what a step of a run costs: a reserve over five windows (the user's day and month, the conversation, the tenant's month, the app's month) and its settle with a ledger line. A thousand users in ten tenants take turns.
- **Goals.** ${met} of ${goals.length} are met in this run; one that is missed says so.
- **The others do less.** Limiters count, and have neither holds nor a ledger: they are here for scale.
- **Disks.** What SQLite and PostgreSQL sync lies in the system's temporary folder. Where that is in memory, let \`TMPDIR\` name a folder on a disk.

${results.map(section).join("\n\n")}
`;
}

function section({ scenario, groups }: Result): string {
  return [`## ${scenario.title}`, scenario.about, ...groups.map(tables)].join("\n\n");
}

function tables({ title, unit, base, rows, goals }: Group): string {
  const hasP99 = rows.some(({ p99 }) => p99 !== undefined);
  const measured = rows.map(({ name, value, ratio, isOurs, p99 }) => [
    isOurs ? `**${name}**` : name,
    figure(value),
    ...(hasP99 ? [p99 === undefined ? "" : `${figure(p99)} ms`] : []),
    ...(ratio === undefined ? [] : [times(ratio)]),
  ]);
  const against = base === undefined ? [] : [`against ${base}`];
  const head = [
    title,
    `${unit}, ${better(unit)} is better`,
    ...(hasP99 ? ["p99"] : []),
    ...against,
  ];
  const promised = goals.map((goal) => [wanted(goal), found(goal), verdict(goal)]);
  return [
    table(head, measured),
    ...(goals.length > 0 ? [table(["goal", "found", ""], promised)] : []),
  ].join("\n\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, i) => (i === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
