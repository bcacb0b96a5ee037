import { type Handler, adapterSuite, serve } from "@assistants-budget/testkit";
import express, { type RequestHandler } from "express";
import { describe, test } from "vitest";
import { type ExpressBudget, assistantsBudget } from "../src/index.ts";

function handlerOf(handler: Handler, budget: ExpressBudget): RequestHandler {
  if (handler.kind === "balances") return budget.balances();
  return async (req, res) => {
    const seen = {
      assistants: () => req.assistants,
      body: req.body,
      user: Reflect.get(req, "user"),
    };
    if (handler.kind === "json") return void res.json(await handler.answer(seen));
    if (handler.kind === "run") return budget.events(res, handler.stream(seen));
    for await (const frame of handler.frames(seen)) {
      if (!res.headersSent) res.set("Content-Type", "text/event-stream");
      res.write(frame);
    }
    res.end();
  };
}

adapterSuite(
  { describe, test },
  {
    start: ({ options, mounted, signIn, routes }) => {
      const [app, budget] = [express(), assistantsBudget(options)];
      app.use(express.json(), (req, _res, next) => {
        Object.assign(req, { user: signIn(req.headers) });
        next();
      });
      if (mounted) app.use(budget);
      for (const { method, path, router, policy, guard, handler } of routes) {
        const at = router ? express.Router() : app;
        if (router) app.use(router.path, budget.policy(router.policy), at);
        if (policy) at[method](path, budget.policy(policy));
        if (guard) at[method](path, budget.guard(guard));
        at[method](path, handlerOf(handler, budget));
      }
      return serve(app, budget.close);
    },
  },
);
