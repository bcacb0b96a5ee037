/** Runs as server-sent events, in each way in which Fastify sends a stream. */
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../src/index.ts";
import { ONE, SPENT, codeOf, startRegistered } from "./running-app.ts";

/** The names of a stream's events, in order, each once. */
function eventsOf(body: string): readonly string[] {
  return [...new Set([...body.matchAll(/^event: (\w+)$/gm)].map(([, name = ""]) => name))];
}

const PATIENCE = { timeout: 4_000 };

const longStory = () => ({ text: "A long story, ".repeat(20) });

describe("`budget.events()`", () => {
  test("sends a run as it happens, and its result at the end", async () => {
    const { app, budget, post } = await startRegistered();
    app.post("/chat", async (request, reply) =>
      budget.events(reply, request.assistants.stream({ input: "Hello" })),
    );
    const streamed = await post("/chat");
    expect(streamed.statusCode).toBe(200);
    expect(streamed.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    expect(eventsOf(streamed.body)).toEqual(["start", "text", "step", "run"]);
    expect(streamed.body).toContain("You said: Hello");
  });

  test("a refusal before the first event is an ordinary answer", async () => {
    const { app, budget, post } = await startRegistered(SPENT);
    app.post("/chat", async (request, reply) => {
      await budget.events(reply, request.assistants.stream({ input: "Hello" }));
    });
    const refused = await post("/chat");
    expect(refused.statusCode).toBe(402);
    expect(refused.headers["content-type"]).toContain("application/problem+json");
    expect(refused.headers).not.toHaveProperty("x-accel-buffering");
  });

  test("a provider that breaks off in the middle: the problem at the end, and the developer is told", async () => {
    const { app, budget, post, simulator, logged } = await startRegistered({
      simulator: { script: longStory },
    });
    simulator.inject({ kind: "cut_after_events", events: 6 });
    simulator.inject({ kind: "retrieve_error", times: Infinity });
    app.post("/chat", async (request, reply) =>
      budget.events(reply, request.assistants.stream({ input: "Hello" })),
    );
    const { body } = await post("/chat");
    expect(eventsOf(body)).toEqual(["start", "text", "step", "problem"]);
    expect(body).toContain("provider_unreachable");
    expect(logged.error.join()).toContain("provider_unreachable: ");
  });

  test("a client that leaves stops nothing: the run is finished and charged", async () => {
    const { promise, resolve } = Promise.withResolvers<{ text: string }>();
    const simulator = { script: () => promise };
    const { app, budget, simulator: provider } = await startRegistered({ simulator });
    app.post("/chat", async (request, reply) =>
      budget.events(reply, request.assistants.stream({ input: "Hello" })),
    );
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const headers = { authorization: `Bearer ${app.jwt.sign({ sub: "alice" })}` };
    const leaving = new AbortController();
    const { signal } = leaving;
    const left = fetch(`${url}/chat`, { method: "POST", headers, signal })
      .then((response) => response.text())
      .catch(() => "left");
    await expect.poll(() => provider.requests().length, PATIENCE).toBe(1);
    leaving.abort();
    expect(await left).toBe("left");
    resolve({ text: "Still here" });
    await expect
      .poll(() => budget.lines(), PATIENCE)
      .toMatchObject([{ facts: { user: "alice" }, charge: { known: "reported" } }]);
  });
});

/** What an app writes by itself: a frame for each event of a second run, after one that was allowed. */
async function* frames(first: AsyncIterable<RunEvent>, second: () => AsyncIterable<RunEvent>) {
  for await (const { type } of first) yield `event: ${type}\ndata: {}\n\n`;
  for await (const { type } of second()) yield `event: ${type}\ndata: {}\n\n`;
}

async function* failing() {
  yield "begun";
  throw new Error("mine");
}

describe("a stream of the app's own", () => {
  test.for<[string, (from: AsyncIterable<string>) => unknown]>([
    ["a Readable", (from) => Readable.from(from)],
    ["a Readable of bytes", (from) => Readable.from(from, { objectMode: false })],
    ["a web stream", (from) => ReadableStream.from(from)],
  ])("that is %s and is refused midway ends with the problem", async ([, streamOf]) => {
    const { app, post } = await startRegistered(ONE);
    app.post("/chat", async ({ assistants }, reply) => {
      const run = () => assistants.stream({ input: "Hello" });
      return reply.type("text/event-stream").send(streamOf(frames(run(), run)));
    });
    const streamed = await post("/chat");
    expect(streamed.statusCode).toBe(200);
    expect(eventsOf(streamed.body)).toEqual(["start", "text", "step", "run", "problem"]);
    const [, data = ""] = /event: problem\ndata: (.*)\n\n$/.exec(streamed.body) ?? [];
    expect(JSON.parse(data)).toMatchObject({ status: 402, code: "budget_exceeded" });
  });

  test("that is refused before its first byte is an ordinary answer", async () => {
    const { app, post } = await startRegistered(SPENT);
    app.post("/chat", async ({ assistants }, reply) => {
      const run = () => assistants.stream({ input: "Hello" });
      return reply.type("text/event-stream").send(Readable.from(frames(run(), run)));
    });
    const refused = await post("/chat");
    expect([refused.statusCode, codeOf(refused)]).toEqual([402, "run_exceeds_budget"]);
  });

  test("that is no event stream, or fails by itself, is Fastify's to end", async () => {
    const { app } = await startRegistered(ONE);
    for (const type of ["text/plain", "text/event-stream"])
      app.get(`/${type}`, async (_request, reply) =>
        reply.type(type).send(Readable.from(failing())),
      );
    for (const type of ["text/plain", "text/event-stream"])
      await expect(app.inject(`/${type}`)).rejects.toThrow(/destroyed before completion|aborted/);
    expect((await app.inject("/nowhere")).statusCode).toBe(404);
  });
});

test("HEAD of a stream has its headers and no body", async () => {
  const { app, budget, post } = await startRegistered();
  app.get("/chat", async (request, reply) =>
    budget.events(reply, request.assistants.stream({ input: "Hello" })),
  );
  const head = await post("/chat", { method: "HEAD" });
  expect([head.statusCode, head.body]).toEqual([200, ""]);
  expect(head.headers["content-type"]).toContain("text/event-stream");
  await expect.poll(() => budget.lines(), PATIENCE).toHaveLength(1);
});
