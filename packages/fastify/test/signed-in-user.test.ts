/** Where Fastify's sign-in libraries put their user. */
import { describe, expect, test } from "vitest";
import { ONE, chat, codeOf, start, startRegistered } from "./running-app.ts";

describe("where the user is found", () => {
  test("@fastify/jwt: the verified token's `sub`, whoever the client says to be", async () => {
    const { app, budget, post } = await startRegistered(ONE);
    chat(app);
    expect((await post("/chat")).statusCode).toBe(200);
    expect((await post("/chat")).statusCode).toBe(402);
    expect((await post("/chat", { user: "bob", body: { user: "alice" } })).statusCode).toBe(200);
    expect((await budget.lines()).map(({ facts }) => facts.user)).toEqual(["alice", "bob"]);
  });

  test("@fastify/jwt: a token of somebody else's making is nobody's", async () => {
    const { app, post, simulator } = await startRegistered();
    chat(app);
    const [head, , signature] = app.jwt.sign({ sub: "alice" }).split(".");
    const claim = Buffer.from('{"sub":"bob"}').toString("base64url");
    const authorization = `Bearer ${head}.${claim}.${signature}`;
    expect((await post("/chat", { headers: { authorization } })).statusCode).toBe(401);
    expect(codeOf(await post("/chat", { user: null }))).toBe("identity_required");
    expect(simulator.requests()).toHaveLength(0);
  });

  test.for<[string, object, number]>([
    ["@fastify/passport", { user: { id: 42 } }, 200],
    ["Clerk", { auth: { userId: "user_1", isAuthenticated: true } }, 200],
    ["Clerk, signed out", { auth: { userId: null, isAuthenticated: false } }, 401],
    ["a function that gives the session", { auth: () => ({ userId: "user_1" }) }, 200],
    ["an e-mail address, which is not a lasting id", { user: { email: "a@example.com" } }, 401],
  ])("%s", async ([, slots, status]) => {
    const { app, post, simulator } = await startRegistered();
    app.addHook("preHandler", async (request) => void Object.assign(request, slots));
    chat(app);
    expect((await post("/chat", { user: null })).statusCode).toBe(status);
    expect(simulator.requests()).toHaveLength(status === 200 ? 1 : 0);
  });

  test("is looked up when it is needed: the sign-in may come after the budget", async () => {
    const { app, budget, post } = await start({ ...ONE });
    await app.register(budget);
    app.addHook("preHandler", async (request) => {
      Object.assign(request, { user: { id: "carol" } });
    });
    chat(app);
    expect((await post("/chat", { user: null })).statusCode).toBe(200);
    expect((await budget.lines()).map(({ facts }) => facts.user)).toEqual(["carol"]);
  });

  test("`identify` has the last word, and sees Fastify's request", async () => {
    const { app, budget, post } = await startRegistered({
      identify: async ({ routeOptions, user }) => `${routeOptions.url} ${JSON.stringify(user)}`,
    });
    chat(app);
    await post("/chat", { user: null });
    expect((await budget.lines()).map(({ facts }) => facts.user)).toEqual(["/chat null"]);
  });
});
