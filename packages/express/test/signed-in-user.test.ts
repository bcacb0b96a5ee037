/** Where Express's sign-in libraries put their user. */
import express, { type RequestHandler } from "express";
import { describe, expect, test } from "vitest";
import { chat, signIn, start } from "./running-app.ts";

const ONE = { limits: { user: "1 run/day" } } as const;

/** Signs in whoever this gives, as the sign-in libraries do it. */
const as =
  (give: () => object): RequestHandler =>
  (req, _res, next) => {
    Object.assign(req, give());
    next();
  };

describe("where the user is found", () => {
  test.for<[string, () => object, number]>([
    ["Passport", () => ({ user: { id: "alice" } }), 200],
    ["a number", () => ({ user: { id: 42 } }), 200],
    ["Clerk", () => ({ auth: () => ({ userId: "user_1" }) }), 200],
    ["Clerk, signed out", () => ({ auth: () => ({ userId: null, isAuthenticated: false }) }), 401],
    ["express-jwt", () => ({ auth: { sub: "auth0|1" } }), 200],
    ["express-oauth2-jwt-bearer", () => ({ auth: { payload: { sub: "auth0|1" } } }), 200],
    [
      "express-openid-connect",
      () => ({ oidc: { isAuthenticated: () => true, user: { sub: "a" } } }),
      200,
    ],
    [
      "express-openid-connect, signed out",
      () => ({ oidc: { isAuthenticated: () => false, user: { sub: "a" } } }),
      401,
    ],
    ["express-openid-connect, nobody", () => ({ oidc: { isAuthenticated: () => false } }), 401],
  ])("%s", async ([, give, status]) => {
    const { app, budget, listen, simulator } = await start();
    app.use(express.json(), as(give), budget);
    chat(app);
    expect((await (await listen()).post("/chat")).status).toBe(status);
    expect(simulator.requests()).toHaveLength(status === 200 ? 1 : 0);
  });

  test("is looked up when it is needed: the budget may stand before the sign-in", async () => {
    const { app, budget, listen } = await start(ONE);
    app.use(budget, express.json(), (req, _res, next) => {
      signIn(req);
      next();
    });
    chat(app);
    const { post } = await listen();
    expect((await post("/chat")).status).toBe(200);
    expect((await post("/chat")).status).toBe(402);
    expect((await post("/chat", { user: null })).status).toBe(401);
  });

  test("that there is nobody is never remembered: a request can sign in halfway", async () => {
    const { app, budget, listen } = await start();
    app.use(express.json(), budget);
    app.post("/login", async (req, res) => {
      const { assistants } = req;
      const before = await assistants
        .run({ input: "Hi" })
        .catch((error: { code: string }) => error.code);
      Object.assign(req, { user: { id: "alice" } });
      const after = await assistants.run({ input: "Hi" });
      res.json({ before, after: after.status });
    });
    expect(await (await (await listen()).post("/login")).json()).toEqual({
      before: "identity_required",
      after: "completed",
    });
  });
});
