import { type Handler as Described, adapterSuite, serve } from "@assistants-budget/testkit";
import { getRequestListener } from "@hono/node-server";
import { type Handler, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { describe, test } from "vitest";
import { type BudgetEnv, type HonoBudget, assistantsBudget, memory } from "../src/index.ts";

interface Env {
  Variables: BudgetEnv["Variables"] & { user: unknown };
}

function handlerOf(handler: Described, budget: HonoBudget): Handler<Env> {
  if (handler.kind === "balances") return budget.balances();
  return async (c) => {
    const body = await c.req.text();
    const seen = {
      assistants: () => c.var.assistants,
      body: body === "" ? undefined : JSON.parse(body),
      user: c.var.user,
    };
    if (handler.kind === "run") return budget.events(c, handler.stream(seen));
    if (handler.kind === "events") return budget.events(c, handler.frames(seen));
    return c.json((await handler.answer(seen)) as object);
  };
}

adapterSuite(
  { describe, test },
  {
    teapot: () => new HTTPException(418, { message: "short and stout" }),
    start: ({ options, mounted, signIn, routes }) => {
      const app = new Hono<Env>();
      const budget = assistantsBudget({ ...options, store: options.store ?? memory() });
      app.use(async (c, next) => {
        c.set("user", signIn(c.req.header()));
        await next();
      });
      if (mounted) app.use(budget);
      for (const { method, path, router, policy, guard, handler } of routes) {
        const at = router ? new Hono<Env>() : app;
        if (router) at.use(budget.policy(router.policy));
        if (policy) at[method](path, budget.policy(policy));
        if (guard) at[method](path, budget.guard(guard));
        at[method](path, handlerOf(handler, budget));
        if (router) app.route(router.path, at);
      }
      return serve(getRequestListener(app.fetch), budget.close);
    },
  },
);
