/** Where the user is found: `c.get("user")`, `c.get("jwtPayload")`, or what `identify` says. */
import { Hono } from "hono";
import { jwt, sign } from "hono/jwt";
import { describe, expect, test } from "vitest";
import type { BudgetEnv } from "../src/index.ts";
import { chat, post, signIn, start } from "./running-app.ts";

const ONE = { limits: { user: "1 run/day" } } as const;

describe("where the user is found", () => {
  test.for<[string, Record<string, unknown>, number]>([
    ["`user`, as Better Auth's guide sets it", { user: { id: "alice" }, session: {} }, 200],
    ["`user`, signed out", { user: null, session: null }, 401],
    ["a number", { user: { id: 42 } }, 200],
    ["`jwtPayload`", { jwtPayload: { sub: "auth0|1" } }, 200],
    ["`jwtPayload` without a subject", { jwtPayload: { email: "alice@example.com" } }, 401],
    ["a variable of another name", { member: { id: "alice" } }, 401],
  ])("%s", async ([, variables, status]) => {
    const { app, budget, simulator } = await start();
    app.use(async (c, next) => {
      for (const [name, value] of Object.entries(variables)) c.set(name as never, value as never);
      await next();
    });
    app.use(budget);
    app.post("/chat", chat);
    expect((await app.request("/chat", post())).status).toBe(status);
    expect(simulator.requests()).toHaveLength(status === 200 ? 1 : 0);
  });

  test("`hono/jwt` signs in, and its user has one budget over all tokens", async () => {
    const { budget } = await start(ONE);
    const app = new Hono<BudgetEnv>();
    app.use(jwt({ secret: "of this test", alg: "HS256" }), budget);
    app.post("/chat", async (c) => c.json(await c.var.assistants.run({ input: "Hi" })));
    const ask = async (claims: { sub: string; jti: number }) => {
      const authorization = `Bearer ${await sign(claims, "of this test")}`;
      return (await app.request("/chat", post({}, { authorization }))).status;
    };
    expect(await ask({ sub: "alice", jti: 1 })).toBe(200);
    expect(await ask({ sub: "alice", jti: 2 })).toBe(402);
    expect(await ask({ sub: "bob", jti: 3 })).toBe(200);
  });

  test("`identify` gets the context", async () => {
    const { app, budget } = await start({
      ...ONE,
      identify: (c) => c.get("member")?.number,
    });
    app.use(async (c, next) => {
      c.set("member" as never, { number: 7 } as never);
      await next();
    });
    app.use(budget);
    app.post("/chat", chat);
    expect((await app.request("/chat", post())).status).toBe(200);
    expect((await budget.lines())[0]?.facts).toMatchObject({ user: "7" });
  });

  test("is looked up when it is needed: the budget may stand before the sign-in", async () => {
    const { app, budget } = await start(ONE);
    app.use(budget, signIn);
    app.post("/chat", chat);
    expect((await app.request("/chat", post())).status).toBe(200);
    expect((await app.request("/chat", post())).status).toBe(402);
    expect((await app.request("/chat", post({}, { user: null }))).status).toBe(401);
  });

  test("a guard before the sign-in refuses everybody, and the developer is told why", async () => {
    const { app, budget, logged } = await start();
    app.use(async (c, next) => {
      await next();
      c.set("user", { id: "alice" });
    });
    app.use(budget);
    app.post("/chat", budget.guard(), chat);
    expect((await app.request("/chat", post())).status).toBe(401);
    expect(logged.warn).toEqual([]);
  });
});
