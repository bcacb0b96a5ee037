import { Readable } from "node:stream";
import { type AdapterHarness, type Handler, adapterSuite, serve } from "@assistants-budget/testkit";
import { Router } from "@koa/router";
import Koa, { type Middleware } from "koa";
import bodyParser from "koa-bodyparser";
import mount from "koa-mount";
import { describe, test } from "vitest";
import { type KoaBudget, assistantsBudget } from "../src/index.ts";

function handlerOf(handler: Handler, budget: KoaBudget): Middleware {
  if (handler.kind === "balances") return budget.balances();
  return async (ctx) => {
    const { body } = ctx.request;
    const seen = { assistants: () => ctx.assistants, body, user: ctx.state["user"] };
    if (handler.kind === "json") {
      ctx.body = await handler.answer(seen);
      return;
    }
    if (handler.kind === "run") return budget.events(ctx, handler.stream(seen));
    ctx.type = "text/event-stream";
    ctx.body = Readable.from(handler.frames(seen));
  };
}

/** @param within Puts a router below a path of the app. */
function harness(within: (app: Koa, path: string, inner: Router) => void): AdapterHarness {
  return {
    start: ({ options, mounted, signIn, routes }) => {
      const [app, budget] = [new Koa(), assistantsBudget(options)];
      app.silent = true;
      app.use(bodyParser()).use((ctx, next) => {
        ctx.state["user"] = signIn(ctx.headers);
        return next();
      });
      if (mounted) app.use(budget);
      const outer = new Router();
      for (const { method, path, router, policy, guard, handler } of routes) {
        const at = router ? new Router() : outer;
        if (router) at.use(budget.policy(router.policy));
        const own = handlerOf(handler, budget);
        if (policy && !policy.override) at[method](path, budget.policy(policy));
        if (guard) at[method](path, budget.guard(guard));
        at[method](path, policy?.override ? budget.policy(policy, own) : own);
        if (router) within(app, router.path, at);
      }
      app.use(outer.routes());
      return serve(app.callback(), budget.close);
    },
  };
}

const runner = { describe, test };

describe("@koa/router, one within the other", () => {
  adapterSuite(
    runner,
    harness((app, path, inner) => app.use(new Router().use(path, inner.routes()).routes())),
  );
});

describe("koa-mount", () => {
  adapterSuite(
    runner,
    harness((app, path, inner) => app.use(mount(path, inner.routes()))),
  );
});
