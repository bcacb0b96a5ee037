/** A refusal is answered as it is, whatever the scope does with errors: the app's own handlers come first. */
import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { isBudgetError } from "../src/index.ts";
import { SPENT, chat, codeOf, startRegistered } from "./running-app.ts";

const PROBLEM = "application/problem+json; charset=utf-8";

/** A route under a budget that is spent, in an app that is changed first. */
async function refusing(change: (app: FastifyInstance) => unknown) {
  const running = await startRegistered(SPENT);
  await change(running.app);
  chat(running.app);
  return running;
}

describe("without an error handler of the app's own", () => {
  test("whole: status, headers, body", async () => {
    const { post } = await refusing(() => undefined);
    const refused = await post("/chat");
    expect(refused.statusCode).toBe(402);
    expect(refused.headers).toMatchObject({
      "content-type": PROBLEM,
      "cache-control": "no-store",
      "x-should-retry": "false",
      vary: "Accept",
      "content-length": String(refused.rawPayload.length),
    });
    expect(refused.json()).toMatchObject({
      type: "urn:assistants-budget:error:run_exceeds_budget",
      status: 402,
      refused_by: [{ scope: "user", subject: "alice" }],
      error: { code: "run_exceeds_budget" },
    });
  });

  test("a route's response schema for errors does not cut it down", async () => {
    const { app, post } = await startRegistered(SPENT);
    const message = { type: "object", properties: { message: { type: "string" } } };
    app.post("/chat", { schema: { response: { "4xx": message } } }, async (request) =>
      request.assistants.run({ input: "Hi" }),
    );
    expect(codeOf(await post("/chat"))).toBe("run_exceeds_budget");
  });

  test("stands beside what the app varies by", async () => {
    const { post } = await refusing((app) => {
      app.addHook("onRequest", async (_request, reply) => void reply.header("Vary", "Origin"));
    });
    expect((await post("/chat")).headers.vary).toBe("Origin, Accept");
  });

  test("from a hook, from `reply.send`, from a callback, from a scope below", async () => {
    const { app, post } = await startRegistered(SPENT);
    const preHandler = async () => {
      await app.budget.for({ user: "alice" }).run({ input: "Hi" });
    };
    app.post("/hook", { preHandler }, async () => "never");
    app.post("/send", async (request, reply) => {
      const refused: unknown = await request.assistants.run({ input: "Hi" }).catch((e) => e);
      return reply.send(refused);
    });
    app.post("/callback", (request, reply) => {
      request.assistants.run({ input: "Hi" }).then(
        (run) => reply.send(run),
        (error: unknown) => reply.send(error),
      );
    });
    await app.register(
      async (outer) => outer.register(async (inner) => chat(inner), { prefix: "/inner" }),
      { prefix: "/outer" },
    );
    for (const path of ["/hook", "/send", "/callback", "/outer/inner/chat"]) {
      const refused = await post(path);
      expect([path, refused.statusCode, refused.headers["content-type"]]).toEqual([
        path,
        402,
        PROBLEM,
      ]);
    }
  });

  test("as a page for a browser that asks for one", async () => {
    const { post } = await refusing(() => undefined);
    const page = await post("/chat", { headers: { accept: "text/html" } });
    expect([page.statusCode, page.headers["content-type"]]).toEqual([
      402,
      "text/html; charset=utf-8",
    ]);
    expect(page.body).toContain("<h1>");
  });

  test("HEAD, which Fastify adds to each GET, has the headers of the GET and no body", async () => {
    const { app, post } = await startRegistered(SPENT);
    app.get("/export", { preHandler: app.budget.guard() }, async () => "all of it");
    app.head("/own", { preHandler: app.budget.guard() }, async () => "");
    const get = await post("/export", { method: "GET" });
    expect(get.statusCode).toBe(402);
    for (const path of ["/export", "/own"]) {
      const head = await post(path, { method: "HEAD" });
      expect([head.statusCode, head.body]).toEqual([402, ""]);
      const { date: _date, ...headers } = head.headers;
      expect(get.headers).toMatchObject(headers);
    }
  });
});

describe("with an error handler of the app's own", () => {
  test("it is asked first, and sees what it needs", async () => {
    const seen: unknown[] = [];
    const { post, logged } = await refusing((app) => {
      app.setErrorHandler((error, _request, reply) => {
        if (!isBudgetError(error)) return reply.send(error);
        const { statusCode, code, headers } = error;
        seen.push({ statusCode, code, headers });
        return reply.code(statusCode).headers(headers).send({ sorry: error.detail });
      });
    });
    const refused = await post("/chat");
    expect(refused.statusCode).toBe(402);
    expect(refused.json()).toEqual({ sorry: expect.stringContaining("AI budget") });
    expect(refused.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(seen).toMatchObject([
      { statusCode: 402, code: "run_exceeds_budget", headers: { "Cache-Control": "no-store" } },
    ]);
    expect(logged.warn).toEqual([]);
  });

  test.for<[string, (app: FastifyInstance) => unknown]>([
    [
      "sends it on",
      (app) => app.setErrorHandler((error, _request, reply) => void reply.send(error)),
    ],
    [
      "throws it on",
      (app) =>
        app.setErrorHandler((error) => {
          throw error;
        }),
    ],
    [
      "rejects with it",
      (app) =>
        app.setErrorHandler(async (error) => {
          throw error;
        }),
    ],
  ])("that %s leaves it to us", async ([, change]) => {
    const { post, logged } = await refusing(change);
    const refused = await post("/chat");
    expect([refused.statusCode, refused.headers["content-type"]]).toEqual([402, PROBLEM]);
    expect(codeOf(refused)).toBe("run_exceeds_budget");
    expect(logged.warn).toEqual([]);
  });

  test("each scope's is asked, from the innermost to the outermost, and then a route's own before them", async () => {
    const asked: string[] = [];
    const passing = (name: string) => (error: unknown) => {
      asked.push(name);
      throw error;
    };
    const { app, post } = await startRegistered(SPENT);
    app.setErrorHandler(passing("app"));
    await app.register(async (scope) => {
      scope.setErrorHandler(passing("scope"));
      scope.post("/chat", { errorHandler: passing("route") }, async (request) =>
        request.assistants.run({ input: "Hi" }),
      );
    });
    expect((await post("/chat")).headers["content-type"]).toBe(PROBLEM);
    expect(asked).toEqual(["route", "scope", "app"]);
  });

  test("that makes another error of it has its way, even with the same status", async () => {
    const { post } = await refusing((app) => {
      app.setErrorHandler(() => {
        throw Object.assign(new Error("Buy more"), { statusCode: 402, code: "NO_MONEY" });
      });
    });
    expect((await post("/chat")).json()).toEqual({
      statusCode: 402,
      code: "NO_MONEY",
      error: "Payment Required",
      message: "Buy more",
    });
  });

  test("that answers 500 to all: one warning with a code, once", async () => {
    const { post, logged } = await refusing((app) => {
      app.setErrorHandler(async (_error, _request, reply) => reply.code(500).send({ oh: "no" }));
    });
    for (const response of [await post("/chat"), await post("/chat")])
      expect([response.statusCode, response.json()]).toEqual([500, { oh: "no" }]);
    expect(logged.warn).toEqual([
      expect.stringMatching(
        /ERR_AB_REFUSAL_REPLACED: .*\(run_exceeds_budget, 402\) went out as 500/,
      ),
    ]);
  });

  test("other errors never meet us", async () => {
    const error = Object.assign(new Error("mine"), { statusCode: 418 });
    const { app, post } = await refusing(() => undefined);
    app.post("/mine", async () => Promise.reject(error));
    const answer = await post("/mine");
    expect(answer.json()).toEqual({ statusCode: 418, error: "I'm a Teapot", message: "mine" });
  });
});

describe("not at all", () => {
  test("a handler that turns the refusal into its own answer is no mistake", async () => {
    const { app, post, logged } = await startRegistered(SPENT);
    app.post("/soft", async (request) => {
      const run = request.assistants.run({ input: "Hi" });
      return { text: await run.then(({ text }) => text).catch(() => "Come back tomorrow.") };
    });
    expect((await post("/soft")).json()).toEqual({ text: "Come back tomorrow." });
    expect(logged.warn).toEqual([]);
  });

  test("an answer that has begun is not written over, and the server lives", async () => {
    const { app, post } = await refusing(() => undefined);
    app.post("/late", async (request, reply) => {
      await new Promise((written) => reply.raw.write("begun", written));
      await request.assistants.run({ input: "Hi" });
    });
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const headers = { authorization: `Bearer ${app.jwt.sign({ sub: "alice" })}` };
    const late = await fetch(`${url}/late`, { method: "POST", headers });
    expect(late.status).toBe(200);
    await expect(late.text()).rejects.toThrow(/terminated|aborted|closed/);
    expect((await post("/chat")).statusCode).toBe(402);
  });
});
