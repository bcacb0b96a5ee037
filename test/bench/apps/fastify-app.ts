import { assistantsBudget, memory } from "@assistants-budget/fastify";
import { type FastifyInstance, fastify } from "fastify";
import { BUDGET, type RouteJob, serveRoute } from "./serve-route.ts";

const PLUGINS: Readonly<
  Record<RouteJob["added"], (app: FastifyInstance) => PromiseLike<unknown> | void>
> = {
  none: () => undefined,
  "no-op": (app) => void app.addHook("onRequest", async () => undefined),
  ours: (app) => app.register(assistantsBudget({ ...BUDGET, store: memory() })),
};

serveRoute(async (added: RouteJob["added"]) => {
  const app = fastify();
  await PLUGINS[added](app);
  app.get("/", async () => ({ ok: true }));
  await app.ready();
  return (req, res) => app.routing(req, res);
});
