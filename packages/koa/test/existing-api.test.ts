/** An API as many are: a router, koa-bodyparser, koa-jwt, and error middleware with a format of its own. */
import { Router } from "@koa/router";
import { SignJWT } from "jose";
import Koa, { type Context, type Middleware } from "koa";
import bodyParser from "koa-bodyparser";
import jwt from "koa-jwt";
import supertest, { type Response } from "supertest";
import { describe, expect, test } from "vitest";
import { ONE, chat, start } from "./running-app.ts";

const SECRET = "a secret of at least thirty-two bytes";

/** What somebody who is signed in sends with each request. */
async function bearer(sub: string, secret = SECRET): Promise<string> {
  const token = new SignJWT({ name: sub.toUpperCase() }).setProtectedHeader({ alg: "HS256" });
  const key = new TextEncoder().encode(secret);
  return `Bearer ${await token.setSubject(sub).setIssuedAt().setExpirationTime("1h").sign(key)}`;
}

type HttpError = InstanceType<typeof Koa.HttpError>;

/** The format in which this API tells of errors, all of them. */
const formatErrors: Middleware = async (ctx, next) => {
  try {
    await next();
    if (ctx.status === 404 && ctx.body === undefined) ctx.throw(404, "No such address");
  } catch (error) {
    const { status = 500, expose = false, message } = error as Partial<HttpError>;
    ctx.status = status;
    ctx.body = { errors: [{ status, title: expose ? message : "Internal error" }] };
    ctx.app.emit("error", error, ctx);
  }
};

function notesRouter(): Router {
  const notes = new Map([["1", { id: "1", text: "Buy milk", owner: "ada" }]]);
  const router = new Router({ prefix: "/notes" });
  router.param("id", (id, ctx, next) => {
    const note = notes.get(id);
    if (note?.owner !== ctx.state["user"].sub) ctx.throw(404, "No such note");
    ctx["note"] = note;
    return next();
  });
  router.get("/", (ctx) => {
    ctx.body = [...notes.values()].filter(({ owner }) => owner === ctx.state["user"].sub);
  });
  router.get("/:id", (ctx: Context) => {
    ctx.body = ctx["note"];
  });
  router.post("/", (ctx) => {
    const { text } = Object(ctx.request.body) as { text?: unknown };
    if (typeof text !== "string") ctx.throw(422, "A note has a text");
    ctx.status = 201;
    ctx.body = { id: "2", text };
  });
  router.get("/broken/report", () => {
    throw new TypeError("connection to 10.0.0.7 lost");
  });
  router.post("/chat", chat);
  return router;
}

/** @param added What was put into it: the budget, or nothing. */
function api(...added: readonly Middleware[]) {
  const app = new Koa();
  app.silent = true;
  app
    .use(formatErrors)
    .use(bodyParser())
    .use(jwt({ secret: SECRET }));
  for (const one of added) app.use(one);
  const router = notesRouter();
  app.use(router.routes()).use(router.allowedMethods());
  return supertest(app.callback());
}

type Agent = ReturnType<typeof api>;

/** All of an answer but when it was given. */
function seen({ status, text, headers }: Response) {
  return { status, text, headers: { ...(headers as Record<string, string>), date: "" } };
}

/** Somebody asks for a run. */
async function send(agent: Agent, sub: string): Promise<Response> {
  const asked = agent.post("/notes/chat").set("authorization", await bearer(sub));
  return asked.send({ message: "Hi" });
}

/** What the API does without any assistants. */
const REQUESTS: Readonly<Record<string, (agent: Agent, ada: string) => Promise<Response>>> = {
  "a list": async (agent, ada) => agent.get("/notes").set("authorization", ada),
  one: async (agent, ada) => agent.get("/notes/1").set("authorization", ada),
  "one that is new": async (agent, ada) =>
    agent.post("/notes").set("authorization", ada).send({ text: "Call Bob" }),
  "nobody signed in": async (agent) => agent.get("/notes"),
  "a forged token": async (agent) =>
    agent.get("/notes").set("authorization", await bearer("ada", `${SECRET}, but not this one`)),
  "somebody else's": async (agent) =>
    agent.get("/notes/1").set("authorization", await bearer("bob")),
  "one that is wrong": async (agent, ada) =>
    agent.post("/notes").set("authorization", ada).send({ text: 7 }),
  "a body that is no JSON": async (agent, ada) =>
    agent.post("/notes").set("authorization", ada).type("json").send("{"),
  "a bug": async (agent, ada) => agent.get("/notes/broken/report").set("authorization", ada),
  "no such address": async (agent, ada) => agent.get("/nowhere").set("authorization", ada),
  "a method that is not allowed": async (agent, ada) =>
    agent.put("/notes/1").set("authorization", ada),
  HEAD: async (agent, ada) => agent.head("/notes/1").set("authorization", ada),
  OPTIONS: async (agent, ada) => agent.options("/notes/1").set("authorization", ada),
};

describe("with the budget added, in one line, all else is as it was", () => {
  test.for(Object.entries(REQUESTS))("%s", async ([, ask]) => {
    const { budget } = await start({ limits: { user: "$0" } });
    const ada = await bearer("ada");
    const [before, after] = [await ask(api(), ada), await ask(api(budget), ada)];
    expect(seen(after)).toEqual(seen(before));
  });
});

describe("with the budget added, in one line", () => {
  test("each user of koa-jwt has a budget, and gets a 402 where it ends", async () => {
    const { budget, reported, logged } = await start(ONE);
    const agent = api(budget);
    const answers = [await send(agent, "ada"), await send(agent, "ada"), await send(agent, "bob")];
    expect(answers.map(({ status }) => status)).toEqual([200, 402, 200]);
    expect(answers[1]?.type).toBe("application/problem+json");
    expect(answers[1]?.body).toMatchObject({
      code: "budget_exceeded",
      refused_by: [{ subject: "ada" }],
    });
    expect((await budget.lines()).map(({ facts }) => facts.user)).toEqual(["ada", "bob"]);
    expect([...reported, ...logged.warn]).toEqual([]);
  });

  test("a forged token never gets as far as the budget", async () => {
    const { budget, simulator } = await start(ONE);
    const forged = await bearer("ada", `${SECRET}, but not this one`);
    const refused = await api(budget).post("/notes/chat").set("authorization", forged).send({});
    expect([refused.status, refused.body]).toEqual([
      401,
      { errors: [{ status: 401, title: "Authentication Error" }] },
    ]);
    expect(simulator.requests()).toEqual([]);
  });

  test("with error middleware within it, refusals come in the API's own format", async () => {
    const { budget, logged } = await start(ONE);
    const agent = api(budget, formatErrors);
    await send(agent, "ada");
    const refused = await send(agent, "ada");
    expect([refused.status, refused.body]).toEqual([
      402,
      { errors: [{ status: 402, title: expect.stringContaining("AI") }] },
    ]);
    expect(logged.warn).toEqual([]);
  });
});
