/** The budget in apps as they stand, with the sign-in libraries that they use and real signing. */
import express, { type ErrorRequestHandler } from "express";
import { expressjwt } from "express-jwt";
import { SignJWT } from "jose";
import OpenAI, { APIError } from "openai";
import supertest from "supertest";
import { describe, expect, test } from "vitest";
import { PEOPLE, passportApp } from "./passport-app.js";
import { chat, listen, signIn, start, startMounted } from "./running-app.ts";

const ONE = { limits: { user: "1 run/day" } } as const;
describe("an app with passport and express-session", () => {
  test("its users have a budget each, by their sessions", async () => {
    const { budget } = await start(ONE);
    const app = passportApp(budget);
    for (const { id, username, password } of PEOPLE) {
      const agent = supertest.agent(app);
      expect((await agent.post("/chat").send({})).status).toBe(401);
      await agent.post("/login").send({ username, password }).expect(200);
      await agent.post("/chat").send({}).expect(200);
      const refused = await agent.post("/chat").send({});
      expect(refused.status).toBe(402);
      expect(refused.type).toBe("application/problem+json");
      await agent.get("/profile").expect(200, { user: { id, username } });
    }
    expect((await budget.lines()).map(({ facts }) => facts.user)).toEqual(["7", "8"]);
  });

  test("a wrong password is nobody", async () => {
    const { budget } = await start(ONE);
    const agent = supertest.agent(passportApp(budget));
    const login = await agent.post("/login").send({ username: "ada", password: "wrong" });
    const refused = await agent.post("/chat").send({});
    expect([login.status, refused.status]).toEqual([401, 401]);
  });
});

const SECRET = "a secret of at least thirty-two bytes";

function token(sub: string, secret = SECRET): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(sub)
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(secret));
}

/** The app's own error format, for all errors that it knows. */
// oxlint-disable-next-line max-params -- by its four parameters Express knows an error handler
const ownErrors: ErrorRequestHandler = (error: { name?: string }, _req, res, next) => {
  if (error.name === "UnauthorizedError") res.status(401).json({ message: "Please sign in." });
  else next(error);
};

async function jwtApp() {
  const running = await start(ONE);
  const { app, budget } = running;
  app.use(express.json(), expressjwt({ secret: SECRET, algorithms: ["HS256"] }), budget);
  chat(app);
  app.use(ownErrors);
  return running;
}

describe("an app with express-jwt", () => {
  test("the token's subject pays", async () => {
    const { app, budget } = await jwtApp();
    const as = async (sub: string) =>
      supertest(app)
        .post("/chat")
        .auth(await token(sub), { type: "bearer" })
        .send({});
    expect((await as("auth0|ada")).status).toBe(200);
    expect((await as("auth0|ada")).status).toBe(402);
    expect((await as("auth0|bob")).status).toBe(200);
    const users = (await budget.lines()).map(({ facts }) => facts.user);
    expect(users).toEqual(["auth0|ada", "auth0|bob"]);
  });

  test("a token that somebody else signed reaches nothing, and is answered in the app's own way", async () => {
    const { app, simulator } = await jwtApp();
    const forged = await token("auth0|ada", "another secret of thirty-two bytes.");
    const refused = await supertest(app).post("/chat").auth(forged, { type: "bearer" }).send({});
    expect([refused.status, refused.body]).toEqual([401, { message: "Please sign in." }]);
    expect(simulator.requests()).toEqual([]);
  });
});

describe("mounting", () => {
  test("a guard before the sign-in: 401, and the developer is told once", async () => {
    const { app, budget, logged } = await start(ONE);
    app.post("/export", budget.guard(), (_req, res) => res.json({}));
    app.use(express.json(), (req, _res, next) => {
      signIn(req);
      next();
    });
    app.use(budget);
    chat(app);
    const { post } = await listen(app);
    expect((await post("/chat")).status).toBe(200);
    for (let i = 0; i < 25; i++) expect((await post("/export")).status).toBe(401);
    expect(logged.warn.map((line) => /ERR_AB_\w+/.exec(line)?.[0])).toEqual([
      "ERR_AB_MOUNTED_BEFORE_SIGN_IN",
    ]);
  });

  test("two budgets on one request: the last one is used, and the developer is told once", async () => {
    const first = await startMounted(ONE);
    const second = await start({ limits: { user: "2 runs/day" } });
    first.app.use(second.budget);
    chat(first.app);
    const { post } = await listen(first.app);
    expect((await post("/chat")).status).toBe(200);
    expect((await post("/chat")).status).toBe(200);
    expect((await post("/chat")).status).toBe(402);
    expect(second.logged.warn.filter((line) => line.includes("ERR_AB_DOUBLE_MOUNT"))).toHaveLength(
      1,
    );
    expect(await first.budget.lines()).toEqual([]);
  });

  test("one budget mounted twice does no harm, and nobody is told", async () => {
    const { app, budget, logged } = await startMounted(ONE);
    app.use(budget);
    chat(app);
    const { post } = await listen(app);
    expect([(await post("/chat")).status, (await post("/chat")).status]).toEqual([200, 402]);
    expect(logged.warn).toEqual([]);
  });
});

describe("the openai SDK as a client of the app", () => {
  test("gets an APIError 402 with our code, after exactly one request", async () => {
    const { app, budget } = await startMounted(ONE);
    let asked = 0;
    app.post("/v1/chat/completions", async (req, res) => {
      asked++;
      const run = await req.assistants.run({ input: "Hi" });
      res.json({ choices: [{ message: { role: "assistant", content: run.text } }] });
    });
    const { url } = await listen(app);
    const client = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: "none",
      defaultHeaders: { cookie: "session=alice" },
      logLevel: "off",
    });
    const call = () => client.chat.completions.create({ model: "any", messages: [] });
    expect((await call()).choices[0]?.message.content).toBeTruthy();
    const error: unknown = await call().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: 402, code: "budget_exceeded", type: "budget_exceeded" });
    expect(asked).toBe(2);
    expect(await budget.lines()).toHaveLength(1);
  });
});
