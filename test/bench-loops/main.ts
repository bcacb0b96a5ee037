/** `bench:loops --traces <folder>`: how well loops are found, and at what cost. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chart } from "./chart.ts";
import { CONTESTANTS } from "./contestants.ts";
import { type Goal, atLeast, atMost, goalLine, scoreGoals } from "./goals.ts";
import { standing, threadStanding } from "./score.ts";
import { type Section, pageTable, terminalTable } from "./table.ts";
import { timings } from "./timing.ts";
import { type RunSet, readRunSets, readThreads } from "./traces.ts";

const { values } = parseArgs({
  options: { traces: { type: "string" }, write: { type: "boolean", default: false } },
});
const sets = values.traces === undefined ? [] : readRunSets(values.traces);
if (values.traces === undefined || sets.length === 0) {
  console.error(
    "bench:loops --traces <folder>: a folder with traces.jsonl.gz and labels.json is needed.\n" +
      "docs/loops.md says what is in them; they are not part of the repository.",
  );
  process.exit(2);
}

const sections: Section[] = sets.map((set) => ({
  title: set.title,
  rows: CONTESTANTS.map((contestant) => ({ contestant, standing: standing(set, contestant) })),
}));
const threads = readThreads(values.traces);
if (threads.length > 0) {
  const rows = CONTESTANTS.filter(({ hearsUser }) => !hearsUser).map((contestant) => ({
    contestant,
    standing: threadStanding(threads, contestant),
  }));
  sections.push({ title: "Across the runs of a thread", rows });
}

console.log("\nLoops found; in brackets the worst of five folds, split by task.");
console.log("wasted: calls after a careful human would have stopped, mean over all loops.");
for (const section of sections) console.log(`\n${terminalTable(section)}`);

const timed = sets.find(({ isTimed }) => isTimed) ?? sets[0];
const costs = timings(timed?.traces ?? []);
const yardstick = [...costs].find(([{ isYardstick }]) => isYardstick)?.[1].mean ?? Number.NaN;
console.log("\nTime a call (processor, best round)       µs   p99 µs   against the third");
const timeRows = [...costs].map(([{ name, isOurs }, { mean, p99 }]) => ({
  name: isOurs ? `**${name}**` : name,
  cells: [mean.toFixed(2), p99.toFixed(1), `${(mean / yardstick).toFixed(2)} x`],
}));
for (const { name, cells } of timeRows) {
  const [mean = "", p99 = "", ratio = ""] = cells;
  const plain = name.replaceAll("*", "");
  console.log(plain.padEnd(36) + mean.padStart(8) + p99.padStart(9) + ratio.padStart(20));
}

const goals = goalsOf(sets);
console.log("\nGoals, in the worst of five folds              aim       found");
for (const goal of goals) console.log(goalLine(goal));

if (values.write) {
  const page = join(import.meta.dirname, "../../docs/loops.md");
  const image = join(import.meta.dirname, "../../docs/images/loops.svg");
  const times = [
    "| time a call | µs | p99 µs | ratio |\n| --- | --: | --: | --: |",
    ...timeRows.map(({ name, cells }) => `| ${name} | ${cells.join(" | ")} |`),
  ].join("\n");
  const aims = [
    "| goal, in the worst of five folds | aim | found | |\n| --- | --: | --: | --- |",
    ...goals.map((goal) => `| ${goal.what} | ${goal.aim} | ${goal.found} | ${word(goal)} |`),
  ].join("\n");
  const figures = [...sections.map(pageTable), times, aims].join("\n\n");
  const [before = "", rest = ""] = (await readFile(page, "utf8")).split("<!-- figures -->");
  const [, after = ""] = rest.split("<!-- end of figures -->");
  const mark = `<!-- figures -->\n\n${figures}\n\n<!-- end of figures -->`;
  await writeFile(page, before + mark + after);
  await writeFile(image, await chart(sections));
  console.log("\nWritten: docs/loops.md, docs/images/loops.svg. Run oxfmt on the page.");
}

function word({ isMet }: Goal): string {
  return isMet ? "met" : "**missed**";
}

function goalsOf(all: readonly RunSet[]): readonly Goal[] {
  const found: Goal[] = [];
  const aims = [
    { precision: 95, recall: 95, wasted: 0.7 },
    { precision: 99, recall: 96, wasted: 1 },
    { precision: 99, recall: 99 },
    { precision: 98, recall: 97 },
    { precision: 95, recall: 97 },
  ];
  for (const [at, { title, rows }] of sections.entries()) {
    const score = rows[0]?.standing.worst;
    const aim = aims[at];
    if (score !== undefined && aim !== undefined) found.push(...scoreGoals(title, score, aim));
  }
  const [ours] = CONTESTANTS;
  const [agents] = all;
  if (ours === undefined || agents === undefined) return found;
  const good = sections[1]?.rows[0]?.standing.all.falseAlarmsInGood ?? Number.NaN;
  const { all: warned, worst } = standing(agents, ours, "warn");
  const cost = costs.get(ours);
  return [
    ...found,
    atMost("All real runs: good clean runs stopped", 0, good),
    atLeast("Warnings, runs of agents: recall", 100, worst.recall),
    atMost("Warnings: calls wasted, mean", 0, worst.wasted),
    atMost("Warnings: % of clean runs", 1, (100 * warned.falseAlarms) / warned.clean),
    atMost("Time: of the yardstick's 1.3 µs, in µs", 8, ((cost?.mean ?? 0) / yardstick) * 1.3),
    atMost("Time: p99, in µs", 60, cost?.p99 ?? Number.NaN),
  ];
}
