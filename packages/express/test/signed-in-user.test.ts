/** Whose budget it is. Never what a client says of itself. */
import express, { type RequestHandler } from "express";
import { describe, expect, test } from "vitest";
import { chat, problemOf, signIn, start, startMounted } from "./running-app.ts";

const ONE = { limits: { user: "1 run/day" } } as const;

/** Signs in whoever this gives, as the sign-in libraries do it. */
const as =
  (give: () => object): RequestHandler =>
  (req, _res, next) => {
    Object.assign(req, give());
    next();
  };

describe("somebody who claims to be somebody", () => {
  test.for<[string, object]>([
    [
      "a header",
      { headers: { "x-user-id": "bob", "x-forwarded-user": "bob", "remote-user": "bob" } },
    ],
    ["a header of ours", { headers: { user: "bob", auth: "bob", authorization: "Bearer bob" } }],
    ["a body", { body: { user: { id: "bob" }, userId: "bob", sub: "bob" } }],
    [
      "a prototype in a body",
      { body: JSON.parse('{"__proto__":{"user":{"id":"bob"},"id":"bob"}}') },
    ],
    ["an address", { headers: { "x-forwarded-for": "10.0.0.9", "x-real-ip": "10.0.0.9" } }],
  ])("in %s is still who they are, and nobody if they are nobody", async ([, init]) => {
    const { app, listen, budget } = await startMounted(ONE);
    chat(app);
    const { post } = await listen();
    expect((await post("/chat", { ...init, user: null })).status).toBe(401);
    expect((await post("/chat", init)).status).toBe(200);
    expect((await post("/chat", init)).status).toBe(402);
    expect((await budget.lines()).map(({ facts }) => facts.user)).toEqual(["alice"]);
  });

  test("in the query", async () => {
    const { app, listen } = await startMounted(ONE);
    chat(app);
    const { post } = await listen();
    expect((await post("/chat?user=bob&id=bob&userId=bob", { user: null })).status).toBe(401);
  });

  test("a cookie that was made up is nobody, and somebody else's thread is not there", async () => {
    const { app, listen } = await startMounted();
    chat(app);
    const { post } = await listen();
    const { thread } = (await (await post("/chat")).json()) as { thread: string };
    const response = await post("/chat", { user: "bob", body: { thread } });
    expect(response.status).toBe(404);
    expect((await problemOf(response)).code).toBe("thread_not_found");
  });
});

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
    ["an empty user", () => ({ user: {} }), 401],
    ["a class", () => ({ user: class User {} }), 401],
    ["a name", () => ({ user: "alice" }), 401],
    ["an e-mail only", () => ({ user: { email: "alice@example.com" } }), 401],
    ["an id that is an object", () => ({ user: { id: { $gt: "" } } }), 401],
    ["an id of 10 KB", () => ({ user: { id: "x".repeat(10_240) } }), 401],
  ])("%s", async ([, give, status]) => {
    const { app, budget, listen, simulator } = await start();
    app.use(express.json(), as(give), budget);
    chat(app);
    expect((await (await listen()).post("/chat")).status).toBe(status);
    expect(simulator.requests()).toHaveLength(status === 200 ? 1 : 0);
  });

  test("a number and its text are one user", async () => {
    const { app, budget, listen } = await start(ONE);
    let id: unknown = 42;
    app.use(
      express.json(),
      as(() => ({ user: { id } })),
      budget,
    );
    chat(app);
    const { post } = await listen();
    expect((await post("/chat")).status).toBe(200);
    id = "42";
    expect((await post("/chat")).status).toBe(402);
    id = 42n;
    expect((await post("/chat")).status).toBe(402);
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

describe("`identify`", () => {
  test("has the last word, may be asynchronous, and may name a tenant", async () => {
    const { app, budget, listen } = await start({
      limits: { user: "$1", tenant: "1 run/day" },
      identify: async (req) => ({ id: 7, tenant: req.get("host")?.split(":")[0] }),
    });
    app.use(
      express.json(),
      as(() => ({ user: { id: "ignored" } })),
      budget,
    );
    chat(app);
    const { post } = await listen();
    expect((await post("/chat")).status).toBe(200);
    expect((await post("/chat")).status).toBe(503);
    expect((await budget.lines())[0]?.facts.user).toBe("7");
  });

  test.for([null, undefined, ""])("%j is nobody", async (nobody) => {
    const { app, budget, listen } = await start({ identify: () => nobody });
    app.use(
      express.json(),
      as(() => ({ user: { id: "alice" } })),
      budget,
    );
    chat(app);
    expect((await (await listen()).post("/chat")).status).toBe(401);
  });

  test("that fails fails the request, with the app's own error, and nothing is spent", async () => {
    const { app, budget, listen, simulator } = await start({
      identify: () => {
        throw Object.assign(new Error("session store is away"), { status: 503 });
      },
    });
    app.use(express.json(), budget);
    chat(app);
    expect((await (await listen()).post("/chat")).status).toBe(503);
    expect(simulator.requests()).toHaveLength(0);
  });
});
