/** A 402 is complete with `app.use(budget)`: wherever the route is, and whoever asks. */
import { Agent, request } from "node:http";
import express from "express";
import { OpenAI } from "openai";
import supertest from "supertest";
import { describe, expect, test } from "vitest";
import { SPENT, chat, problemOf, start, startMounted } from "./running-app.ts";

const MIDNIGHT = () =>
  new Date(new Date().setUTCHours(24, 0, 0, 0)).toISOString().replace(".000Z", "Z");

describe("a refusal", () => {
  test("is a whole 402, headers and body, with that one line", async () => {
    const { app, listen, simulator } = await startMounted({ limits: { user: "1 run/day" } });
    chat(app);
    const { post } = await listen();
    expect((await post("/chat")).status).toBe(200);
    const response = await post("/chat");
    expect(response.status).toBe(402);
    expect(response.statusText).toBe("Payment Required");
    const { headers } = response;
    expect(headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-should-retry")).toBe("false");
    expect(headers.get("vary")).toContain("Accept");
    const wait = Number(headers.get("retry-after"));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(86_400);
    const dayStart = `${new Date().toISOString().slice(0, 10)}T00:00:00Z`;
    const detail = expect.stringMatching(
      /^You have used 1 run of your 1 run AI budget for today\. It resets on \d+ \w+ \d{4},? (at )?00:00 \(UTC\)\.$/,
    );
    expect(await response.json()).toEqual({
      type: "urn:assistants-budget:error:budget_exceeded",
      title: "AI budget used up",
      status: 402,
      detail,
      code: "budget_exceeded",
      retryable: false,
      resets_at: MIDNIGHT(),
      refused_by: [
        {
          scope: "user",
          subject: "alice",
          unit: "runs",
          period: "day",
          limit: 1,
          spent: 1,
          held: 0,
          remaining: 0,
          used_percent: 100,
          window: { start: dayStart, end: MIDNIGHT() },
          resets_at: MIDNIGHT(),
          needed: 1,
          fits_output_tokens: 0,
        },
      ],
      error: { message: detail, type: "budget_exceeded", code: "budget_exceeded", param: null },
    });
    expect(simulator.requests()).toHaveLength(1);
  });

  test.for(["application/json", "*/*", "application/json, text/html"])(
    "to %s is a problem",
    async (accept) => {
      const { app, listen } = await startMounted(SPENT);
      chat(app);
      const { post } = await listen();
      const response = await post("/chat", { headers: { accept } });
      expect(response.status).toBe(402);
      expect(await problemOf(response)).toMatchObject({ status: 402 });
    },
  );

  test("to a browser is a page", async () => {
    const { app, listen } = await startMounted(SPENT);
    chat(app);
    const { post } = await listen();
    const accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    const response = await post("/chat", { headers: { accept } });
    expect(response.status).toBe(402);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const text = await response.text();
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(text).toContain("<h1>Request too large for the AI budget</h1>");
    expect(text).toContain("AI budget of $0.0000001");
  });

  test.for([
    ["nobody is signed in", { user: null }, 401, "identity_required"],
    ["no such thread", { body: { thread: "thread_x" } }, 404, "thread_not_found"],
    ["no message", { body: { message: "" } }, 400, "invalid_input"],
    ["a message that is no text", { body: { message: { role: "system" } } }, 400, "invalid_input"],
  ] as const)("of another kind is complete too: %s", async ([, init, status, code]) => {
    const { app, listen, simulator } = await startMounted();
    chat(app);
    const response = await (await listen()).post("/chat", init);
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ code, status });
    expect(simulator.requests()).toHaveLength(0);
  });

  test("that is the app's or the provider's fault tells the person nothing, and the developer everything", async () => {
    const { app, listen, logged } = await startMounted({
      simulator: { apiKey: "sk-other" },
    });
    chat(app);
    const response = await (await listen()).post("/chat");
    expect(response.status).toBe(502);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ code: "provider_refused", detail: "AI refused the request." });
    expect(JSON.stringify(problem)).not.toMatch(/key|401|OPENAI/);
    expect(logged.error.join()).toMatch(/provider_refused.*OPENAI_API_KEY/);
  });

  test("without an API key: one clear error, before anything is held", async () => {
    const { app, listen, logged, store } = await startMounted({ apiKey: undefined as never });
    const key = process.env["OPENAI_API_KEY"];
    delete process.env["OPENAI_API_KEY"];
    try {
      chat(app);
      const response = await (await listen()).post("/chat");
      expect(response.status).toBe(500);
      expect((await problemOf(response)).code).toBe("api_key_missing");
      expect(logged.error.join()).toContain("Set OPENAI_API_KEY");
      expect(await store.holds({ expired: false, limit: 1 })).toEqual([]);
    } finally {
      if (key !== undefined) process.env["OPENAI_API_KEY"] = key;
    }
  });
});

describe("wherever the route is", () => {
  test("in a mounted router", async () => {
    const { app, listen } = await startMounted(SPENT);
    const router = express.Router();
    chat(router as never, "/chat");
    app.use("/api/v1", router);
    expect((await (await listen()).post("/api/v1/chat")).status).toBe(402);
  });

  test("in a sub-app, and in a sub-app of a sub-app", async () => {
    const { app, listen } = await startMounted(SPENT);
    const [outer, inner] = [express(), express()];
    chat(inner);
    outer.use("/inner", inner);
    app.use("/outer", outer);
    const response = await (await listen()).post("/outer/inner/chat");
    expect(response.status).toBe(402);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
  });

  test("added after the first request", async () => {
    const { app, listen } = await startMounted(SPENT);
    chat(app, "/early");
    const { post } = await listen();
    expect((await post("/early")).status).toBe(402);
    chat(app, "/late");
    const response = await post("/late");
    expect(response.status).toBe(402);
    expect((await problemOf(response)).code).toBe("run_exceeds_budget");
    expect((await post("/early")).status).toBe(402);
  });

  test("on a router that alone mounts the budget", async () => {
    const { app, budget, listen } = await start({ ...SPENT, identify: () => "alice" });
    const router = express.Router();
    router.use(express.json(), budget);
    chat(router as never, "/chat");
    app.use("/ai", router);
    expect((await (await listen()).post("/ai/chat")).status).toBe(402);
  });

  test("in a chain of handlers, in a callback, in a synchronous throw of the app's own promise", async () => {
    const { app, listen } = await startMounted(SPENT);
    app.post("/next", (req, _res, next) => {
      // oxlint-disable-next-line promise/no-callback-in-promise -- what older apps do
      req.assistants.run({ input: "Hi" }).then(() => next(), next);
    });
    app.post(
      "/chain",
      (_req, _res, next) => next(),
      async (req) => {
        await req.assistants.run({ input: "Hi" });
      },
    );
    const { post } = await listen();
    expect((await post("/next")).status).toBe(402);
    expect((await post("/chain")).status).toBe(402);
  });

  test("with supertest, which never listens by itself", async () => {
    const { app } = await startMounted(SPENT);
    chat(app);
    const agent = supertest(app);
    const response = await agent.post("/chat").set("cookie", "session=alice").send({});
    expect(response.status).toBe(402);
    expect(response.type).toBe("application/problem+json");
    expect((await agent.get("/nowhere")).status).toBe(404);
  });
});

describe("clients", () => {
  test("a keep-alive socket survives a refusal", async () => {
    const { app, listen } = await startMounted(SPENT);
    chat(app);
    const { url, server } = await listen();
    let connections = 0;
    server.on("connection", () => (connections += 1));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { cookie: "session=alice", "content-type": "application/json" };
        const sent = request(`${url}/chat`, { method: "POST", agent, headers }, (response) => {
          response.resume().on("end", () => resolve(response.statusCode));
        });
        sent.on("error", reject);
        sent.end("{}");
      });
    expect([await send(), await send(), await send()]).toEqual([402, 402, 402]);
    expect(connections).toBe(1);
    agent.destroy();
  });

  test("the `openai` SDK sees one APIError 402 with the sentence, after exactly one request", async () => {
    const { app, listen } = await startMounted(SPENT);
    let requests = 0;
    app.post("/v1/responses", async (req, res) => {
      requests += 1;
      const run = await req.assistants.run({ input: "Hi" });
      res.json({ output_text: run.text });
    });
    const { url } = await listen();
    const client = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: "sk-of-the-client",
      maxRetries: 2,
      defaultHeaders: { cookie: "session=alice" },
    });
    const error: unknown = await client.responses
      .create({ model: "any", input: "Hi" })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ status: 402, code: "run_exceeds_budget" });
    expect(String(error)).toContain("more than the whole AI budget of $0.0000001 for today");
    expect(requests).toBe(1);
  });

  test("one that leaves in the middle: the run is finished, kept and settled", async () => {
    const { app, listen, budget, simulator, store } = await startMounted({
      simulator: { latencyMs: 200 },
    });
    chat(app);
    const { url } = await listen();
    const left = fetch(`${url}/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie: "session=alice" },
      body: "{}",
      signal: AbortSignal.timeout(80),
    });
    await expect(left).rejects.toThrow(/abort/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await simulator.idle();
    const [line] = await budget.lines();
    expect(line?.charge).toMatchObject({
      known: "reported",
      nano: Number(simulator.invoice().lines[0]?.nano),
    });
    expect(await budget.for({ user: "alice" }).runs.get(line?.facts.run ?? "")).toMatchObject({
      status: "completed",
      text: "You said: Hello",
    });
    expect(await store.holds({ expired: false, limit: 1 })).toEqual([]);
  });
});
