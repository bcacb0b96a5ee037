import { assistantsBudget, memory } from "@assistants-budget/hono";
import { getRequestListener } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { BUDGET, type RouteJob, serveRoute } from "./serve-route.ts";

const MIDDLEWARES: Readonly<Record<RouteJob["added"], () => MiddlewareHandler[]>> = {
  none: () => [],
  "no-op": () => [
    async (_c, next) => {
      await next();
    },
  ],
  ours: () => [assistantsBudget({ ...BUDGET, store: memory() })],
};

serveRoute((added: RouteJob["added"]) => {
  const app = new Hono();
  for (const middleware of MIDDLEWARES[added]()) app.use(middleware);
  app.get("/", (c) => c.json({ ok: true }));
  return getRequestListener(app.fetch);
});
