/** A server that was written by others: one call of each kind. It leaves out much of what OpenAI sends. */
import { LLMock } from "@copilotkit/aimock";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBudget, memory } from "../../src/index.ts";
import { LARGE_LIMITS, PLAIN } from "../running-budget.ts";
import { SDKS, all, say } from "./running-client.ts";

const USAGE = { input_tokens: 120, output_tokens: 30, total_tokens: 150 };
const CHAT_USAGE = { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150 };
/** gpt-4o-mini: $0.15 and $0.60 a million. */
const COST = 120 * 150 + 30 * 600;

describe.each(SDKS)("aimock, %s", (_name, SDK) => {
  async function start(usage: Readonly<Record<string, number>>) {
    const mock = new LLMock({ port: 0 });
    mock.onMessage("hello", { content: "Hi there!", usage });
    await mock.start();
    onTestFinished(() => mock.stop());
    const plain = new SDK({ baseURL: `${mock.url}/v1`, apiKey: "sk-test", maxRetries: 0 });
    const budget = createBudget({
      limits: LARGE_LIMITS,
      client: plain,
      store: memory(),
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    onTestFinished(() => budget.close());
    return { plain, budget, client: budget.for({ user: "alice" }).client };
  }

  test("responses: whole and streamed", async () => {
    const { client, budget } = await start(USAGE);
    const call = { model: PLAIN, input: "hello" };
    expect((await client.responses.create(call)).output_text).toBe("Hi there!");
    const events = await all(await client.responses.create({ ...call, stream: true }));
    expect(events.at(-1)?.type).toBe("response.completed");
    expect((await budget.lines()).map(({ charge }) => [charge.known, charge.nano])).toEqual([
      ["reported", COST],
      ["reported", COST],
    ]);
  });

  test("chat completions: whole and streamed", async () => {
    const { client, budget } = await start(CHAT_USAGE);
    const call = { model: PLAIN, messages: say("hello") };
    const answer = await client.chat.completions.create(call);
    expect(answer.choices[0]?.message.content).toBe("Hi there!");
    const chunks = await all(await client.chat.completions.create({ ...call, stream: true }));
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
    expect(text).toBe("Hi there!");
    const lines = await budget.lines();
    expect(lines.map(({ charge }) => charge.known)).not.toContain("assumed");
    expect(lines[0]?.charge).toMatchObject({ known: "reported", nano: COST });
    expect(lines[1]?.charge.nano).toBeGreaterThan(0);
  });
});
