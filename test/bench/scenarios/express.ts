/** What the middleware costs requests that have nothing to do with assistants. */
import type { RouteJob } from "../apps/route-app.ts";
import type { Bench, Group, Scenario } from "../bench.ts";
import { startChild } from "../children.ts";
import type { HttpDone, HttpJob } from "../http-load.ts";
import { type Runner, alternate } from "../rounds.ts";

const CONNECTIONS = 32;
const OURS = "app.use(assistantsBudget())";
const NO_OP = "a no-op async middleware";

const MIDDLEWARES: Readonly<Record<string, RouteJob["middleware"]>> = {
  "Express alone": "none",
  [NO_OP]: "no-op",
  [OURS]: "ours",
  "rate-limiter-flexible, in memory": "rate-limiter-flexible",
  "express-rate-limit, in memory": "express-rate-limit",
};

async function run(bench: Bench): Promise<readonly Group[]> {
  const generator = startChild<HttpJob, HttpDone>(
    new URL("../http-load.ts", import.meta.url),
    bench.closing,
  );
  const runners = await Promise.all(
    Object.entries(MIDDLEWARES).map(async ([name, middleware]): Promise<Runner> => {
      const url = await startChild<RouteJob, string>(
        new URL("../apps/route-app.ts", import.meta.url),
        bench.closing,
      ).ask({
        middleware,
      });
      const job = {
        url,
        method: "GET",
        connections: CONNECTIONS,
        until: { ms: bench.ms },
      } as const;
      const cpu = async () => Number(await (await fetch(new URL("/cpu", url))).text());
      const measure = async () => {
        const before = await cpu();
        const { answers } = await generator.ask(job);
        return { value: ((await cpu()) - before) / answers };
      };
      return { name, isOurs: name === OURS, measure };
    }),
  );
  const title = `${CONNECTIONS} connections`;
  const { rows, ratio } = await alternate(bench, { title, base: NO_OP, runners });
  const goal = {
    of: "of the requests that the no-op middleware leaves room for",
    sense: "at least",
    wanted: 0.98,
    found: 1 / ratio(OURS, NO_OP),
    unit: "x",
  } as const;
  return [{ title, unit: "µs", base: NO_OP, rows, goals: [goal], isCharted: true }];
}

export const expressScenario: Scenario = {
  name: "express",
  title: "A route that never touches req.assistants",
  about:
    "What a request takes of the server's processor, in an Express app that answers a small JSON; each variant in a process of its own, the load from another one. Requests a second swing with whatever else the machine does; this is what they are made of.",
  run,
};
