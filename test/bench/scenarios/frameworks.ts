/** What the other adapters cost requests that have nothing to do with assistants. */
import type { RouteJob } from "../apps/serve-route.ts";
import type { Group, Scenario } from "../bench.ts";
import { type Side, serverCpu } from "../server-cpu.ts";

type Named = Pick<Side<unknown>, "app" | "noOp" | "ours">;

const FRAMEWORKS: Readonly<Record<string, Named>> = {
  Koa: {
    app: new URL("../apps/koa-app.ts", import.meta.url),
    noOp: "a no-op async middleware",
    ours: "app.use(assistantsBudget())",
  },
  Fastify: {
    app: new URL("../apps/fastify-app.ts", import.meta.url),
    noOp: "a no-op async onRequest hook",
    ours: "app.register(assistantsBudget)",
  },
  Hono: {
    app: new URL("../apps/hono-app.ts", import.meta.url),
    noOp: "a no-op async middleware",
    ours: "app.use(assistantsBudget({ store }))",
  },
  NestJS: {
    app: new URL("../apps/nest-app.ts", import.meta.url),
    noOp: "a no-op async interceptor",
    ours: "BudgetModule.forRoot()",
  },
};

export const frameworksScenario: Scenario = {
  name: "frameworks",
  title: "The same route in other frameworks",
  about:
    "What a request takes of the server's processor in Koa, in Fastify, in Hono (on @hono/node-server) and in NestJS (on Express): the framework alone, with something of its own kind that does nothing, and with the budget in its place.",
  run: async (bench) => {
    const groups: Group[] = [];
    for (const [framework, { app, noOp, ours }] of Object.entries(FRAMEWORKS)) {
      const variants: Readonly<Record<string, RouteJob["added"]>> = {
        [`${framework} alone`]: "none",
        [noOp]: "no-op",
        [ours]: "ours",
      };
      groups.push(await serverCpu(bench, { framework, app, noOp, ours, variants }));
    }
    return groups;
  },
};
