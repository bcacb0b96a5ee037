/** Several processes on one SQLite file: what is lost, and who starves. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sqlite } from "@assistants-budget/store-sqlite";
import type { Bench, Group, Scenario } from "../bench.ts";
import type { CallerJob } from "../caller.ts";
import { startCaller } from "../callers.ts";
import { makePlain } from "../contestants/plain-sqlite.ts";
import { SPENT, claimsOf, subjectsOf } from "../requests.ts";
import { alternate } from "../rounds.ts";
import { tempFolder } from "../temp-folder.ts";

const PROCESSES = 4;
const LANES = 16;
const OURS = "assistants-budget";
const NAIVE = "look, then add";

/** What is in the books, in nano-dollars. */
type Spent = (path: string) => Promise<number>;

const ourSpent: Spent = async (path) => {
  const store = sqlite({ path });
  const app = claimsOf(subjectsOf(0), new Date()).filter(({ scope }) => scope === "app");
  const [window] = await store.windows(app);
  await store.close();
  return window?.spent ?? 0;
};

const naiveSpent: Spent = async (path) => {
  const db = new DatabaseSync(path);
  const row = db.prepare("SELECT spent FROM counters").get();
  db.close();
  return Number(row?.["spent"]);
};

async function run(bench: Bench): Promise<readonly Group[]> {
  const folder = await tempFolder(bench.closing);
  const ours = Array.from({ length: PROCESSES }, () => 0);
  let failed = 0;

  const runner = (name: string, contestant: CallerJob["contestant"], spent: Spent) => {
    const callers = Array.from({ length: PROCESSES }, () => startCaller(bench));
    const place = join(folder, `${contestant.replaceAll(" ", "-")}.sqlite`);
    const isOurs = name === OURS;
    if (!isOurs) makePlain(place);
    let calls = 0;
    const measure = async () => {
      const startAt = Date.now() + 50;
      const job = { contestant, place, lanes: LANES, ms: bench.ms, startAt };
      const done = await Promise.all(callers.map((caller) => caller.ask(job)));
      for (const [i, one] of done.entries()) {
        calls += one.calls - one.failed;
        if (!isOurs) continue;
        ours[i] = (ours[i] ?? 0) + one.calls - one.failed;
        failed += one.failed;
      }
      return { value: 100 * (1 - (await spent(place)) / (calls * SPENT)) };
    };
    return { name, isOurs, measure };
  };

  const title = `${PROCESSES} processes, ${LANES} at once in each`;
  const { rows } = await alternate(bench, {
    title,
    runners: [
      runner(OURS, "SQLite pair", ourSpent),
      runner(NAIVE, "SQLite check then add", naiveSpent),
    ],
  });
  const lost = rows.find(({ name }) => name === OURS)?.value ?? Number.NaN;
  const fairShare = ours.reduce((a, b) => a + b, 0) / PROCESSES;
  return [
    {
      title,
      unit: "% lost",
      rows,
      goals: [
        { of: "of what was charged is lost", sense: "exactly", wanted: 0, found: lost, unit: "%" },
        {
          of: "of a fair share for the slowest process",
          sense: "at least",
          wanted: 0.5,
          found: Math.min(...ours) / fairShare,
          unit: "x",
        },
        {
          of: "calls failed, SQLITE_BUSY among them",
          sense: "exactly",
          wanted: 0,
          found: failed,
          unit: "",
        },
      ],
    },
  ];
}

export const processesScenario: Scenario = {
  name: "processes",
  title: "Several processes on one SQLite file",
  about:
    "What the processes were told was charged, against what is in the file afterwards; beside it the usual way, to read what is spent and to write the sum.",
  run,
};
