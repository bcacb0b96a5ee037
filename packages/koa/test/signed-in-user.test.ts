/** Where Koa's sign-in libraries put their user. */
import type { Middleware } from "koa";
import bodyParser from "koa-bodyparser";
import mount from "koa-mount";
import { describe, expect, test } from "vitest";
import { ONE, chat, listen, signIn, start, startMounted } from "./running-app.ts";

/** Signs in whoever this gives, as the sign-in libraries do it. */
const as =
  (user: unknown): Middleware =>
  (ctx, next) => {
    ctx.state["user"] = user;
    return next();
  };

describe("where the user is found", () => {
  test.for<[string, unknown, number]>([
    ["koa-passport", { id: "alice" }, 200],
    ["koa-passport with Mongoose", { _id: { toHexString: () => "65a1b2" } }, 200],
    ["koa-passport, signed out", undefined, 401],
    ["koa-jwt", { sub: "auth0|1", iat: 1 }, 200],
    ["koa-jwt, a token that names nobody", { scope: "read", email: "a@example.com" }, 401],
    ["a number", { id: 42 }, 200],
  ])("%s", async ([, user, status]) => {
    const { app, budget, simulator } = await start();
    app.use(bodyParser()).use(as(user)).use(budget).use(chat);
    expect((await (await listen(app)).post("/chat")).status).toBe(status);
    expect(simulator.requests()).toHaveLength(status === 200 ? 1 : 0);
  });

  test("elsewhere with `identify(ctx)`, which sees all of Koa's context", async () => {
    const { app, budget } = await start({
      identify: async (ctx) => ctx.state["account"]?.id,
    });
    app.use(bodyParser()).use((ctx, next) => {
      ctx.state["account"] = { id: "alice" };
      return next();
    });
    app.use(budget).use(chat);
    expect((await (await listen(app)).post("/chat")).status).toBe(200);
    expect(await budget.lines()).toMatchObject([{ facts: { user: "alice" } }]);
  });

  test("is looked up when it is needed: the budget may stand before the sign-in", async () => {
    const { app, budget } = await start(ONE);
    app.use(budget).use(bodyParser()).use(signIn).use(chat);
    const { post } = await listen(app);
    expect((await post("/chat")).status).toBe(200);
    expect((await post("/chat")).status).toBe(402);
    expect((await post("/chat", { user: null })).status).toBe(401);
  });

  test("that there is nobody is never remembered: a request can sign in halfway", async () => {
    const { app, budget } = await start();
    app.use(budget).use(async (ctx) => {
      const { assistants } = ctx;
      const before = await assistants
        .run({ input: "Hi" })
        .catch((error: { code: string }) => error.code);
      ctx.state["user"] = { id: "alice" };
      const after = await assistants.run({ input: "Hi" });
      ctx.body = { before, after: after.status };
    });
    expect(await (await (await listen(app)).post("/login")).json()).toEqual({
      before: "identity_required",
      after: "completed",
    });
  });
});

test("a guard before the sign-in: 401, and the developer is told once", async () => {
  const { app, budget, logged } = await start(ONE);
  app.use(mount("/export", budget.guard()));
  app.use(bodyParser()).use(signIn).use(budget).use(chat);
  const { post } = await listen(app);
  expect((await post("/chat")).status).toBe(200);
  for (let i = 0; i < 25; i++) expect((await post("/export")).status).toBe(401);
  expect(logged.warn.map((line) => /ERR_AB_\w+/.exec(line)?.[0])).toEqual([
    "ERR_AB_MOUNTED_BEFORE_SIGN_IN",
  ]);
});

test("headers tell how the budget stands, where the app asks for them", async () => {
  const { app, budget } = await startMounted({
    limits: { user: "4 runs/day" },
    headers: "percent",
  });
  app.use((ctx, next) => (ctx.path === "/me" ? budget.balances()(ctx, next) : chat(ctx)));
  const { post } = await listen(app);
  for (const path of ["/chat", "/me"]) {
    const { headers } = await post(path);
    expect([...headers.keys()]).toContainEqual(expect.stringMatching(/^budget-/));
  }
});
