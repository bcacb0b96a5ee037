/** What calls of the app's own client cost stands in the ledger, to the nano-dollar, and fits the budget. */
import { callsTools } from "@assistants-budget/simulator";
import type { OpenAI } from "openai";
import { describe, expect, test, vi } from "vitest";
import { isBudgetError } from "../../src/index.ts";
import { PLAIN, REASONING, books } from "../running-budget.ts";
import { SDKS, all, errorOf, expectInvoice, say, sentTo, startClient } from "./running-client.ts";

const HELLO = { model: REASONING, input: "Where is my parcel?" } as const;
const CHAT = { model: PLAIN, messages: say("Where is my parcel?") };
const EMBED = { model: "text-embedding-3-small", input: ["a lamp", "a table"] };

/** Each way to spend, read to its end. */
const CALLS: readonly (readonly [string, (client: OpenAI) => Promise<unknown>])[] = [
  ["responses.create", (client) => client.responses.create(HELLO)],
  [
    "responses.create, streamed",
    async (client) => all(await client.responses.create({ ...HELLO, stream: true })),
  ],
  ["responses.parse", (client) => client.responses.parse(HELLO)],
  ["responses.stream", (client) => client.responses.stream(HELLO).finalResponse()],
  ["chat.completions.create", (client) => client.chat.completions.create(CHAT)],
  [
    "chat.completions.create, streamed",
    async (client) => all(await client.chat.completions.create({ ...CHAT, stream: true })),
  ],
  ["chat.completions.parse", (client) => client.chat.completions.parse(CHAT)],
  [
    "chat.completions.stream",
    (client) => client.chat.completions.stream(CHAT).finalChatCompletion(),
  ],
  ["embeddings.create", (client) => client.embeddings.create(EMBED)],
];

describe.each(SDKS)("%s", (_name, SDK) => {
  test.each(CALLS)(
    "%s: the line equals the invoice's when the answer is there",
    async (_, call) => {
      const running = await startClient(SDK);
      const settle = running.store.settle.bind(running.store);
      vi.spyOn(running.store, "settle").mockImplementation(async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        return settle(...args);
      });
      await call(running.client);
      const [line] = await running.budget.lines();
      expect(line?.charge).toMatchObject({ known: "reported" });
      expect(line?.charge.nano).toBeGreaterThan(0);
      expect(line?.facts).toMatchObject({ user: "alice", assistant: "client" });
      const { invoice } = await expectInvoice(running);
      expect(invoice).toHaveLength(1);
    },
  );

  test.each(CALLS)("%s: refused with a 402, and not a byte is sent", async (_, call) => {
    const running = await startClient(SDK, { budget: { limits: { user: "$0.0000001/day" } } });
    const error = await errorOf(call(running.client));
    if (!isBudgetError(error)) throw error;
    expect(error).toMatchObject({ status: 402, code: "run_exceeds_budget" });
    expect(error).toBeInstanceOf(SDK.OpenAIError);
    expect(error.toJSON()).toMatchObject({ code: "run_exceeds_budget" });
    expect(running.simulator.requests()).toEqual([]);
    expect(await books(running)).toEqual({ lines: [], invoice: [], held: 0 });
  });

  test("a refusal is thrown once, not after retries", async () => {
    let asked = 0;
    const limits = async () => {
      asked += 1;
      return { user: "$0.0000001/day" } as const;
    };
    const running = await startClient(SDK, { budget: { limits }, sdk: { maxRetries: 5 } });
    const error = await errorOf(running.client.responses.create(HELLO));
    expect(isBudgetError(error)).toBe(true);
    expect(asked).toBe(1);
  });

  test("a tool loop by chat.completions.runTools: each of its requests is held", async () => {
    const script = callsTools([{ name: "now", arguments: {} }]);
    const running = await startClient(SDK, { simulator: { script } });
    const runner = running.client.chat.completions.runTools({
      ...CHAT,
      tools: [
        {
          type: "function",
          function: { name: "now", function: () => "12:00", parameters: { type: "object" } },
        },
      ] as never,
    });
    expect(await runner.finalContent()).toBe("Done: now gave 12:00.");
    const { lines } = await expectInvoice(running);
    expect(lines).toHaveLength(2);
  });

  test("two calls are two runs", async () => {
    const running = await startClient(SDK, {
      budget: { limits: { user: ["$1/day", "2 runs/day"] } },
    });
    await running.client.responses.create(HELLO);
    await running.client.embeddings.create(EMBED);
    const error = await errorOf(running.client.responses.create(HELLO));
    expect(error).toMatchObject({ code: "budget_exceeded", status: 402 });
    expect(new Set((await running.budget.lines()).map(({ facts }) => facts.run)).size).toBe(2);
  });
});

describe("a call without a cap", () => {
  const [[, SDK]] = SDKS as [(typeof SDKS)[number]];

  test("gets one; one with a cap keeps it", async () => {
    const running = await startClient(SDK);
    await running.client.responses.create(HELLO);
    await running.client.responses.create({ ...HELLO, max_output_tokens: 3000 });
    await running.client.chat.completions.create(CHAT);
    await running.client.chat.completions.create({ ...CHAT, max_tokens: 500 });
    await running.client.chat.completions.create({ ...CHAT, max_completion_tokens: 600 });
    expect(
      sentTo(running).map((body) => [
        body["max_output_tokens"],
        body["max_completion_tokens"],
        body["max_tokens"],
      ]),
    ).toEqual([
      [8192, undefined, undefined],
      [3000, undefined, undefined],
      [undefined, 8192, undefined],
      [undefined, undefined, 500],
      [undefined, 600, undefined],
    ]);
  });

  test("is fitted to what is left, never below what is useful", async () => {
    // gpt-4o-mini: $0.60 a million tokens of output.
    const running = await startClient(SDK, { budget: { limits: { user: "$0.001/day" } } });
    await running.client.chat.completions.create(CHAT);
    const [body] = sentTo(running);
    expect(body?.["max_completion_tokens"]).toBeLessThan(1700);
    expect(body?.["max_completion_tokens"]).toBeGreaterThan(256);
    await expectInvoice(running);
  });

  test("a policy's cap holds over the caller's; its model does not replace the caller's", async () => {
    const running = await startClient(SDK);
    const { budget } = running;
    const policy = budget.policy({ maxOutputTokens: 300, model: "gpt-6.2-sol" });
    const { client } = budget.under({ user: "alice" }, [policy]);
    await client.chat.completions.create({ ...CHAT, max_tokens: 5000 });
    expect(sentTo(running)[0]).toMatchObject({ model: PLAIN, max_tokens: 300 });
  });

  test("a model that is not among the app's is refused", async () => {
    const budget = { models: [REASONING], assistants: { a: { model: REASONING } } };
    const running = await startClient(SDK, { budget });
    const error = await errorOf(running.client.chat.completions.create(CHAT));
    expect(error).toMatchObject({ code: "invalid_input", status: 400 });
    await running.client.responses.create(HELLO);
    expect(sentTo(running)).toHaveLength(1);
  });

  test("a prompt that is longer than the policy allows is refused", async () => {
    const { budget } = await startClient(SDK);
    const policy = budget.policy({ maxContextTokens: 100 });
    const { client } = budget.under({ user: "alice" }, [policy]);
    const input = "word ".repeat(200);
    const error = await errorOf(client.responses.create({ model: REASONING, input }));
    expect(error).toMatchObject({ code: "input_too_large", status: 413 });
  });

  test("a route's limit and name are on its line", async () => {
    const { budget } = await startClient(SDK);
    const policy = budget.policy({ name: "search", limits: { route: "1 runs/day" } });
    const { client } = budget.under({ user: "alice" }, [policy]);
    await client.embeddings.create(EMBED);
    expect((await budget.lines())[0]?.facts.route).toBe("search");
    expect(await errorOf(client.embeddings.create(EMBED))).toMatchObject({
      code: "app_budget_exhausted",
    });
  });

  test("tiers are held and charged at their own price; `auto` at whatever answered", async () => {
    const running = await startClient(SDK);
    const { client } = running;
    await client.responses.create({ ...HELLO, service_tier: "priority" });
    await client.responses.create({ ...HELLO, service_tier: "flex" });
    await client.chat.completions.create({ ...CHAT, service_tier: "auto" });
    const { lines } = await expectInvoice(running);
    expect(lines.map(({ charge }) => charge.tier)).toEqual(["priority", "flex", "default"]);
  });
});

test("a hundred calls at once never pass a small limit", async () => {
  const [[, SDK]] = SDKS as [(typeof SDKS)[number]];
  const running = await startClient(SDK, {
    simulator: { latencyMs: 20 },
    budget: { limits: { user: "$0.003/day" }, wait: "3s" },
  });
  const { client } = running;
  const calls = Array.from({ length: 100 }, (_, index) =>
    index % 2 === 0
      ? client.chat.completions.create({ ...CHAT, messages: say(`${index} ${"word ".repeat(30)}`) })
      : client.responses.create({ model: PLAIN, input: `${index} ${"word ".repeat(30)}` }),
  );
  const ends = await Promise.allSettled(calls);
  const refused = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
  expect(refused.every((error) => isBudgetError(error) && error.status === 402)).toBe(true);
  const { invoice } = await expectInvoice(running);
  expect(invoice.length + refused.length).toBe(100);
  expect(running.simulator.invoice().total).toBeLessThanOrEqual(3_000_000n);
  expect(invoice.length).toBeGreaterThan(1);
});
