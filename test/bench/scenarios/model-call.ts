/** What a budget adds to a model call, as the user of an app under load sees it. */
import { join } from "node:path";
import type { ChatJob } from "../apps/chat-app.ts";
import type { UpstreamJob } from "../apps/upstream.ts";
import type { Bench, Goal, Group, Scenario } from "../bench.ts";
import { startChild } from "../children.ts";
import type { HttpDone, HttpJob } from "../http-load.ts";
import { type Rounds, type Runner, alternate } from "../rounds.ts";
import { analyze, postgresServer, redisServer } from "../servers.ts";
import { tempFolder } from "../temp-folder.ts";

const CONNECTIONS = 32;
const LATENCY_MS = 250;
const NONE = "without a budget";
const FLOOR = "a bare common commit on Postgres";

const VARIANTS: Readonly<Record<string, ChatJob["around"]>> = {
  [NONE]: "none",
  memory: "memory",
  SQLite: "SQLite",
  Redis: "Redis",
  Postgres: "Postgres",
  [FLOOR]: "floor",
};

function goalsOf({ of }: Rounds): readonly Goal[] {
  const added = (name: string, wanted: number): Goal => ({
    of: `added: ${name}`,
    sense: "at most",
    wanted,
    found: of((value) => value(name) - value(NONE)),
    unit: "ms",
  });
  return [
    added("memory", 0.3),
    added("Redis", 0.5),
    added("SQLite", 1.5),
    {
      of: `of what ${FLOOR} adds`,
      sense: "at most",
      wanted: 1.3,
      found: of((value) => (value("Postgres") - value(NONE)) / (value(FLOOR) - value(NONE))),
      unit: "x",
    },
  ];
}

async function run(bench: Bench): Promise<readonly Group[]> {
  const { closing } = bench;
  bench.tell("starting servers");
  const postgres = await postgresServer(closing);
  const places: Readonly<Partial<Record<ChatJob["around"], string>>> = {
    SQLite: join(await tempFolder(closing), "budget.sqlite"),
    Redis: await redisServer(closing),
    Postgres: postgres,
    floor: postgres,
  };
  const latencyMs = LATENCY_MS;
  const upstream = await startChild<UpstreamJob, string>(
    new URL("../apps/upstream.ts", import.meta.url),
    closing,
  ).ask({
    latencyMs,
  });
  const generator = startChild<HttpJob, HttpDone>(
    new URL("../http-load.ts", import.meta.url),
    closing,
  );
  const body = JSON.stringify({ message: "Where is my order?" });

  const urls = await Promise.all(
    Object.entries(VARIANTS).map(async ([name, around]): Promise<[string, string]> => {
      const app = startChild<ChatJob, string>(
        new URL("../apps/chat-app.ts", import.meta.url),
        closing,
      );
      return [name, await app.ask({ around, upstream, place: places[around] ?? "" })];
    }),
  );

  const runners = (connections: number): readonly Runner[] =>
    urls.map(([name, url]) => ({
      name,
      isOurs: name !== NONE && name !== FLOOR,
      measure: async () => {
        const until = { answers: connections * (bench.quick ? 3 : 8) };
        const done = await generator.ask({ url, method: "POST", body, connections, until });
        return { value: done.p50, p99: done.p99 };
      },
    }));

  for (const { name, measure } of runners(CONNECTIONS)) {
    bench.tell(`filling tables: ${name}`);
    await measure();
  }
  await analyze(postgres);

  const groups: Group[] = [];
  for (const connections of bench.quick ? [CONNECTIONS] : [1, CONNECTIONS]) {
    const title = `${connections} at once`;
    const rounds = await alternate(bench, { title, base: NONE, runners: runners(connections) });
    const isGoal = connections === CONNECTIONS;
    const goals = isGoal ? goalsOf(rounds) : [];
    groups.push({ title, unit: "ms", base: NONE, rows: rounds.rows, goals, isCharted: isGoal });
  }
  return groups;
}

export const modelCallScenario: Scenario = {
  name: "model-call",
  title: "Added to a model call",
  about: `The median time of a chat request in an Express app, with a provider that answers after ${LATENCY_MS} ms, a fiftieth more or less. A run under a budget opens a thread, reserves, calls, settles and keeps the thread; without one the app makes the same streamed call and keeps nothing.`,
  run,
};
