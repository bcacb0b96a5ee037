/** What the middleware costs requests that have nothing to do with assistants. */
import type { Added } from "../apps/express-app.ts";
import type { Scenario } from "../bench.ts";
import { type Side, serverCpu } from "../server-cpu.ts";

const OURS = "app.use(assistantsBudget())";
const NO_OP = "a no-op async middleware";

const EXPRESS: Side<Added> = {
  app: new URL("../apps/express-app.ts", import.meta.url),
  noOp: NO_OP,
  ours: OURS,
  variants: {
    "Express alone": "none",
    [NO_OP]: "no-op",
    [OURS]: "ours",
    "rate-limiter-flexible, in memory": "rate-limiter-flexible",
    "express-rate-limit, in memory": "express-rate-limit",
  },
};

export const expressScenario: Scenario = {
  name: "express",
  title: "A route that never touches req.assistants",
  about:
    "What a request takes of the server's processor, in an Express app that answers a small JSON; each variant in a process of its own, the load from another one. Requests a second swing with whatever else the machine does; this is what they are made of.",
  run: async (bench) => [{ ...(await serverCpu(bench, EXPRESS)), isCharted: true }],
};
