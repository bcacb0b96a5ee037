/** An Express app whose route has nothing to do with assistants, behind one middleware or none. */
import { assistantsBudget, memory } from "@assistants-budget/express";
import express, { type RequestHandler } from "express";
import { rateLimit } from "express-rate-limit";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { answerJobs } from "../children.ts";
import { listen } from "./listen.ts";

const MIDDLEWARES = {
  none: () => [],
  "no-op": () => [async (_req, _res, next) => next()],
  ours: () => [assistantsBudget({ store: memory(), apiKey: "sk-bench", limits: { run: "$1" } })],
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

export interface RouteJob {
  readonly middleware: keyof typeof MIDDLEWARES;
}

answerJobs(async ({ middleware }: RouteJob): Promise<string> => {
  const app = express();
  // Microseconds of this process so far; before everything that is measured.
  app.get("/cpu", (_req, res) => {
    const { user, system } = process.cpuUsage();
    res.json(user + system);
  });
  const added = MIDDLEWARES[middleware]();
  if (added.length > 0) app.use(...added);
  app.get("/", (_req, res) => {
    res.json({ ok: true });
  });
  return listen(app);
});
