/** Against a server on this machine, every commit synced, one row that everybody needs. */
import type { Bench, Group, Scenario } from "../bench.ts";
import { type Contest, callsPerSecond, startCaller } from "../callers.ts";
import { alternate } from "../rounds.ts";
import { analyze, postgresServer } from "../servers.ts";

const LANES = 128;
/** A round of many commits at once, also in a quick look. */
const LEAST_MS = 200;
const OURS = "assistants-budget, one process";
const FOUR = "assistants-budget, four processes";
const PLAIN = "a transaction a pair, by hand";
const FLOOR = "a bare common commit";

async function run(bench: Bench): Promise<readonly Group[]> {
  const place = await postgresServer(bench.closing);
  const contest = (name: string, contestant: Contest["contestant"], processes = 1): Contest => ({
    name,
    contestant,
    place,
    isOurs: contestant === "Postgres pair",
    callers: Array.from({ length: processes }, () => startCaller(bench)),
  });
  const contests = [
    contest(OURS, "Postgres pair"),
    contest(FOUR, "Postgres pair", 4),
    contest(PLAIN, "Postgres transactions"),
    contest(FLOOR, "Postgres group commit"),
  ];
  const title = `${LANES} at once`;
  const ms = Math.max(bench.ms, LEAST_MS);
  const runners = contests.map((one) => callsPerSecond(one, LANES, ms));
  for (const { name, measure } of runners) {
    bench.tell(`filling tables: ${name}`);
    await measure();
  }
  await analyze(place);
  const { rows, ratio, p99 } = await alternate(bench, { title, base: PLAIN, runners });
  const times = (name: string, wanted: number) => ({
    of: `of the pairs by hand: ${name.split(", ")[1]}`,
    sense: "at least" as const,
    wanted,
    found: ratio(name, PLAIN),
    unit: "x" as const,
  });
  const wait = (name: string) => ({
    of: `for 99 % of the pairs: ${name.split(", ")[1]}`,
    sense: "at most" as const,
    wanted: 25,
    found: p99(name) ?? Number.NaN,
    unit: "ms" as const,
  });
  const goals = [times(OURS, 8), times(FOUR, 4), wait(OURS), wait(FOUR)];
  return [{ title, unit: "pairs/s", base: PLAIN, rows, goals, isCharted: true }];
}

export const postgresScenario: Scenario = {
  name: "postgres",
  title: "PostgreSQL",
  about:
    "The same pair, where the app's window is one row that all need. By hand it is five updates and a line in one transaction, the shared row last; ours are two commits, since the reserve must stand before the model is called. The bare common commit decides nothing and checks nothing: it is the floor.",
  run,
};
