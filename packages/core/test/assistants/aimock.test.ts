/** A server that was written by others speaks to the same backend. It leaves out much of what OpenAI sends. */
import { LLMock } from "@copilotkit/aimock";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createBudget, memory, tool } from "../../src/index.ts";
import { LARGE_LIMITS, PLAIN, budgetError } from "../running-budget.ts";

const USAGE = { input_tokens: 120, output_tokens: 30, total_tokens: 150 };
/** gpt-4o-mini: $0.15 and $0.60 a million. */
const COST = 120 * 150 + 30 * 600;

async function start(setUp: (mock: LLMock) => void, more: object = {}) {
  const mock = new LLMock({ port: 0 });
  setUp(mock);
  await mock.start();
  onTestFinished(() => mock.stop());
  const store = memory();
  const budget = createBudget({
    limits: LARGE_LIMITS,
    assistants: { support: { model: PLAIN } },
    baseURL: `${mock.url}/v1`,
    apiKey: "sk-test",
    maxRetries: 0,
    patience: "300ms",
    store,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    ...more,
  });
  onTestFinished(() => budget.close());
  const held = async () => (await store.holds({ expired: false, limit: 10 })).length;
  return { mock, budget, alice: budget.for({ user: "alice" }), held };
}

const city = tool({
  name: "weather",
  description: "Tells the weather of a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city: name }) => `${name}: 20 degrees`,
});

const weatherIn = (name: string) => ({
  name: "weather",
  arguments: JSON.stringify({ city: name }),
});

describe("aimock", () => {
  test("a plain answer, charged by the usage that the server reports without any details", async () => {
    const { alice, budget, held } = await start((mock) =>
      mock.onMessage("hello", { content: "Hi there!", usage: USAGE }),
    );
    const run = await alice.run({ input: "hello" });
    expect(run).toMatchObject({ status: "completed", text: "Hi there!", cost: { nano: COST } });
    expect((await budget.lines())[0]?.charge).toMatchObject({ known: "reported", nano: COST });
    expect(await held()).toBe(0);
  });

  test("streamed: the pieces are the answer", async () => {
    const text = "A lamp is a thing that gives light, and a good one gives it quietly.";
    const { alice } = await start((mock) =>
      mock.onMessage("lamp", { content: text, usage: USAGE }),
    );
    const stream = alice.stream({ input: "lamp" });
    const deltas: string[] = [];
    for await (const event of stream) if (event.type === "text") deltas.push(event.delta);
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.join("")).toBe(text);
    expect((await stream.result).text).toBe(text);
  });

  test("two tool calls at once, their outputs sent back, then the answer", async () => {
    const { alice, budget, mock } = await start(
      (one) =>
        one
          .on({ hasToolResult: true }, { content: "20 degrees in both.", usage: USAGE })
          .on(
            { userMessage: "weather" },
            { toolCalls: [weatherIn("Oslo"), weatherIn("Rome")], usage: USAGE },
          ),
      { assistants: { support: { model: PLAIN, tools: [city] } } },
    );
    const run = await alice.run({ input: "weather?" });
    expect(run).toMatchObject({
      status: "completed",
      text: "20 degrees in both.",
      cost: { nano: 2 * COST },
    });
    expect(run.steps.map(({ toolCalls }) => toolCalls)).toEqual([["weather", "weather"], []]);
    expect(run.output.flatMap((item) => item["output"] ?? [])).toEqual([
      "Oslo: 20 degrees",
      "Rome: 20 degrees",
    ]);
    expect(mock.getRequests()).toHaveLength(2);
    expect((await budget.lines()).map(({ charge }) => charge.known)).toEqual([
      "reported",
      "reported",
    ]);
  });

  test("429: released; tried again once it is asked to", async () => {
    const error = { message: "Slow down.", type: "tokens", code: "rate_limit_exceeded" };
    const { alice, budget, held, mock } = await start((one) =>
      one.onMessage("hello", { error, status: 429, retryAfter: 3 }),
    );
    const refused = await budgetError(alice.run({ input: "hello" }));
    expect(refused).toMatchObject({ code: "provider_rate_limited", status: 503 });
    expect(refused.headers["Retry-After"]).toBe("3");
    expect(mock.getRequests()).toHaveLength(1);
    expect(await budget.lines()).toEqual([]);
    expect(await held()).toBe(0);
  });

  test("429 once: the second hold is the one that is charged", async () => {
    const { alice, budget, mock } = await start(
      (one) => one.onMessage("hello", { content: "Hi!", usage: USAGE }),
      { maxRetries: 2 },
    );
    mock.nextRequestError(429, { message: "Slow down.", type: "tokens" });
    expect((await alice.run({ input: "hello" })).text).toBe("Hi!");
    expect(await budget.lines()).toHaveLength(1);
  });

  test("500: charged, for nobody can say", async () => {
    const { alice, budget, held, mock } = await start((one) => one.onMessage("x", { content: "" }));
    mock.nextRequestError(500, { message: "Sorry." });
    expect((await budgetError(alice.run({ input: "hello" }))).code).toBe("provider_unreachable");
    expect((await budget.lines())[0]?.charge.known).toBe("assumed");
    expect(await held()).toBe(0);
  });

  test("the length limit ends in `response.completed` here; what counts is the response's status", async () => {
    const { alice } = await start((mock) =>
      mock.onMessage("hello", { content: "A long st", finishReason: "length", usage: USAGE }),
    );
    const run = await alice.run({ input: "hello" });
    expect(run).toMatchObject({
      status: "incomplete",
      text: "A long st",
      stop: { reason: "max_output_tokens" },
      cost: { nano: COST },
    });
  });

  test("a conversation: the history is sent, the server keeps none", async () => {
    const { alice, mock } = await start((one) =>
      one
        .onMessage("and then", { content: "Then tea.", usage: USAGE })
        .onMessage("hello", { content: "Hi!", usage: USAGE }),
    );
    const first = await alice.run({ input: "hello" });
    const second = await alice.run({ input: "and then?", thread: first.thread });
    expect(second.text).toBe("Then tea.");
    expect(JSON.stringify(mock.getRequests().at(-1)?.body)).toContain("Hi!");
  });

  test("a server that cuts the stream and can't be asked: charged in full", async () => {
    const { alice, budget, held } = await start((mock) =>
      mock.onMessage(
        "hello",
        { content: "word ".repeat(100), usage: USAGE },
        { truncateAfterChunks: 3 },
      ),
    );
    await budgetError(alice.run({ input: "hello" }));
    const [line] = await budget.lines();
    expect(line?.charge).toMatchObject({ known: "assumed", nano: line?.ceiling });
    expect(await held()).toBe(0);
  });

  test("a server that reports no tokens: nothing is charged, and nothing is learnt from it", async () => {
    const { alice, budget } = await start((mock) => mock.onMessage("hello", { content: "Hi!" }));
    const input = `hello ${"there ".repeat(200)}`;
    const { thread } = await alice.run({ input });
    await alice.run({ input: "hello again", thread });
    const [first, second] = await budget.lines();
    expect(second?.facts.promptTokens).toBeGreaterThan(first?.facts.promptTokens ?? Infinity);
  });
});
