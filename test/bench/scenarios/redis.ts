/** Against a server on this machine, through ioredis. */
import type { Bench, Group, Scenario } from "../bench.ts";
import { type Contest, callsPerSecond, startCaller } from "../callers.ts";
import { alternate } from "../rounds.ts";
import { redisServer } from "../servers.ts";

const INCRBY = "one bare INCRBY";
const RESERVE = "assistants-budget: reserve";
const PAIR = "assistants-budget: reserve and settle";
const LIMITERS = "rate-limiter-flexible, five limiters";
const NAIVE = "GET of five, then INCRBY of five";

const CONTESTANTS: Readonly<Record<string, Contest["contestant"]>> = {
  [INCRBY]: "Redis INCRBY",
  [RESERVE]: "Redis reserve",
  [PAIR]: "Redis pair",
  [LIMITERS]: "Redis limiters",
  [NAIVE]: "Redis GET then INCRBY",
};

async function run(bench: Bench): Promise<readonly Group[]> {
  const place = await redisServer(bench.closing);
  const contests = Object.entries(CONTESTANTS).map(([name, contestant]) => ({
    name,
    contestant,
    place,
    isOurs: name === RESERVE || name === PAIR,
    callers: [startCaller(bench)],
  }));
  const groups: Group[] = [];
  for (const lanes of [1, 64, 512]) {
    const title = `${lanes} at once`;
    const runners = contests.map((contest) => callsPerSecond(contest, lanes, bench.ms));
    const { rows, ratio } = await alternate(bench, { title, base: INCRBY, runners });
    const goal = (name: string, wanted: number) => ({
      of: `of an INCRBY's time, ${title}: ${name === PAIR ? "reserve and settle" : "reserve"}`,
      sense: "at most" as const,
      wanted,
      found: ratio(INCRBY, name),
      unit: "x" as const,
    });
    const goals = [goal(RESERVE, 3), goal(PAIR, 5)];
    groups.push({ title, unit: "calls/s", base: INCRBY, rows, goals, isCharted: lanes === 512 });
  }
  return groups;
}

export const redisScenario: Scenario = {
  name: "redis",
  title: "Redis",
  about:
    "The same pair, and its reserve alone, on a server that syncs its log each second. Look, then add is what one should not do: between the two everybody else looks, too.",
  run,
};
