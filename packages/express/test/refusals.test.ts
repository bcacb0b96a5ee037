/** A refusal is complete with `app.use(budget)`, wherever the route is. */
import express from "express";
import { OpenAI } from "openai";
import supertest from "supertest";
import { describe, expect, test } from "vitest";
import { SPENT, chat, problemOf, start, startMounted } from "./running-app.ts";

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
