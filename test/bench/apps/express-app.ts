/** Express, behind our middleware, others' or none. */
import { assistantsBudget, memory } from "@assistants-budget/express";
import express, { type RequestHandler } from "express";
import { rateLimit } from "express-rate-limit";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { BUDGET, serveRoute } from "./serve-route.ts";

const MIDDLEWARES = {
  none: () => [],
  "no-op": () => [async (_req, _res, next) => next()],
  ours: () => [assistantsBudget({ ...BUDGET, store: memory() })],
  "express-rate-limit": () => [
    rateLimit({ limit: 1e9, standardHeaders: "draft-8", legacyHeaders: false }),
  ],
  "rate-limiter-flexible": () => {
    const limiter = new RateLimiterMemory({ points: 1e9, duration: 60 });
    return [
      async (req, _res, next) => {
        await limiter.consume(req.ip ?? "");
        next();
      },
    ];
  },
} as const satisfies Record<string, () => RequestHandler[]>;

export type Added = keyof typeof MIDDLEWARES;

serveRoute((added: Added) => {
  const app = express();
  const mounted = MIDDLEWARES[added]();
  if (mounted.length > 0) app.use(...mounted);
  app.get("/", (_req, res) => {
    res.json({ ok: true });
  });
  return app;
});
