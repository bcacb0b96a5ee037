import { assistantsBudget, memory } from "@assistants-budget/koa";
import Koa, { type Middleware } from "koa";
import { BUDGET, type RouteJob, serveRoute } from "./serve-route.ts";

const MIDDLEWARES: Readonly<Record<RouteJob["added"], () => Middleware[]>> = {
  none: () => [],
  "no-op": () => [
    async (_ctx, next) => {
      await next();
    },
  ],
  ours: () => [assistantsBudget({ ...BUDGET, store: memory() })],
};

serveRoute((added: RouteJob["added"]) => {
  const app = new Koa();
  for (const middleware of MIDDLEWARES[added]()) app.use(middleware);
  app.use((ctx) => {
    ctx.body = { ok: true };
  });
  return app.callback();
});
