/** What the compiler knows. `tsc -b` compiles this file: a line that should fail and does not is an error. */
import { Router, type RouterContext } from "@koa/router";
import Koa, { type Context, type Middleware, type ParameterizedContext } from "koa";
import mount from "koa-mount";
import { expectTypeOf, test } from "vitest";
import {
  type Assistants,
  type KoaBudget,
  type KoaOptions,
  type Run,
  assistantsBudget,
  memory,
} from "../src/index.ts";

interface MyState {
  readonly user: { readonly id: string };
}

interface MyContext {
  readonly db: { readonly find: (id: string) => string };
}

const budget = assistantsBudget({ store: memory(), limits: { user: "$1/day" } });

test("`ctx.assistants` is there, and typed, once the package is imported", () => {
  expectTypeOf<Context["assistants"]>().toEqualTypeOf<Assistants>();
  expectTypeOf<ReturnType<Context["assistants"]["run"]>>().toEqualTypeOf<Promise<Run>>();
});

test("it is there with an app's own generics too, which stay as they are", () => {
  type Own = ParameterizedContext<MyState, MyContext>;
  expectTypeOf<Own["assistants"]>().toEqualTypeOf<Assistants>();
  const app = new Koa<MyState, MyContext>();
  app.use(budget);
  app.use(async (ctx) => {
    expectTypeOf(ctx.assistants).toEqualTypeOf<Assistants>();
    expectTypeOf(ctx.state).toEqualTypeOf<MyState>();
    expectTypeOf(ctx.db).toEqualTypeOf<MyContext["db"]>();
  });
  expectTypeOf(app).toEqualTypeOf<Koa<MyState, MyContext>>();
});

test("all of it goes wherever a middleware goes", () => {
  const plain = new Router();
  plain.use(budget, budget.policy({}));
  plain.post("/plain/:id", budget.policy({}), budget.guard(), async (ctx) => {
    expectTypeOf(ctx.assistants).toEqualTypeOf<Assistants>();
    expectTypeOf(ctx.params["id"]).toEqualTypeOf<string | undefined>();
  });
  const typed = new Router<MyState, MyContext>();
  typed.use(budget, budget.policy({}));
  typed.get("/budget", budget.balances());
  typed.post("/typed", budget.policy({}), budget.guard(), async (ctx) => {
    expectTypeOf(ctx.assistants).toEqualTypeOf<Assistants>();
    expectTypeOf(ctx.state).toEqualTypeOf<MyState>();
    await budget.events(ctx, ctx.assistants.stream({ input: "Hi" }));
  });
  new Koa().use(mount("/budget", budget.balances())).use(mount("/typed", typed.routes()));
  expectTypeOf<KoaBudget>().toExtend<Middleware>();
});

const find: Middleware<MyState, MyContext> = async (ctx) => {
  ctx.body = ctx.db.find(ctx.state.user.id);
};

test("a handler within a policy keeps its own types, or has those of Koa's context", () => {
  const { policy } = budget;
  new Koa<MyState, MyContext>().use(policy({}, find));
  const typed = new Router<MyState, MyContext>();
  typed.post("/find", policy({ override: true }, find));
  typed.post(
    "/find/:id",
    policy({ override: true }, async (ctx: RouterContext<MyState, MyContext>, next) => {
      expectTypeOf(ctx.params["id"]).toEqualTypeOf<string | undefined>();
      expectTypeOf(ctx.state.user.id).toEqualTypeOf<string>();
      await next();
    }),
  );
  const plain = new Router();
  plain.post(
    "/plain/:id",
    policy({ override: true }, async (ctx) => {
      expectTypeOf(ctx).toEqualTypeOf<Context>();
      expectTypeOf(ctx.assistants).toEqualTypeOf<Assistants>();
    }),
  );
});

test("a wrong limit does not compile", () => {
  const right: KoaOptions = {
    limits: {
      user: ["$1/day", "500k tokens/month", "100 runs/hour"],
      run: "$0.10",
      app: "unlimited",
    },
  };
  // @ts-expect-error -- a currency is missing
  const noCurrency: KoaOptions = { limits: { user: "1/day" } };
  // @ts-expect-error -- there is no such period
  const noPeriod: KoaOptions = { limits: { user: "$1/fortnight" } };
  // @ts-expect-error -- there is no such option
  const noOption: KoaOptions = { limit: {} };
  for (const one of [right, noCurrency, noPeriod, noOption])
    expectTypeOf(one).toEqualTypeOf<KoaOptions>();
});

test("`identify` sees Koa's context and gives back an id", () => {
  expectTypeOf(assistantsBudget).toBeCallableWith({ identify: (ctx) => ctx.get("x") || null });
  expectTypeOf(assistantsBudget).toBeCallableWith({
    identify: async ({ state }) => ({ id: state["account"].id, tenant: "a" }),
  });
  // @ts-expect-error -- true is nobody
  expectTypeOf(assistantsBudget).toBeCallableWith({ identify: () => true });
});
