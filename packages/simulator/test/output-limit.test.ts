import { describe, expect, test } from "vitest";
import { longOutput } from "../src/index.ts";
import { countTokens } from "../src/model/tokens.ts";
import { start, WEATHER } from "./running-simulator.ts";

const REQUEST = { model: "gpt-6-luna", input: "Tell me a story" };

describe("max_output_tokens", () => {
  test("cuts the text at exactly that many tokens", async () => {
    const { client } = await start({ script: longOutput(500) });
    const response = await client.responses.create({ ...REQUEST, max_output_tokens: 137 });
    expect(response.status).toBe("incomplete");
    expect(response.incomplete_details).toEqual({ reason: "max_output_tokens" });
    expect(response.usage?.output_tokens).toBe(137);
    expect(countTokens(response.output_text)).toBe(137);
  });

  test("lets an answer of exactly that length end in its own way", async () => {
    const { client } = await start({ script: longOutput(137) });
    const response = await client.responses.create({ ...REQUEST, max_output_tokens: 137 });
    expect(response).toMatchObject({ status: "completed", usage: { output_tokens: 137 } });
    expect(countTokens(response.output_text)).toBe(137);
  });

  test("counts reasoning first, and may leave no room for a text", async () => {
    const { client, simulator } = await start();
    simulator.setScript(() => ({ reasoningTokens: 90, text: "A long enough answer to be cut." }));
    const cut = await client.responses.create({ ...REQUEST, max_output_tokens: 92 });
    expect(cut.output_text).toBe("A long");
    const silent = await client.responses.create({ ...REQUEST, max_output_tokens: 50 });
    expect(silent).toMatchObject({
      status: "incomplete",
      output: [{ type: "reasoning", status: "incomplete" }],
      usage: { output_tokens: 50, output_tokens_details: { reasoning_tokens: 50 } },
    });
  });

  test("cuts a call in the middle of its arguments", async () => {
    const place = "a very long name of a very small place in the north of the country";
    const { client } = await start({
      script: () => ({ toolCalls: [{ name: "weather", arguments: { place } }] }),
    });
    const stream = client.responses.stream({ ...REQUEST, tools: [WEATHER], max_output_tokens: 16 });
    const { output, status, usage } = await stream.finalResponse();
    expect([status, usage?.output_tokens]).toEqual(["incomplete", 16]);
    const [call] = output;
    expect(call).toMatchObject({ type: "function_call", status: "incomplete" });
    const args = call?.type === "function_call" ? call.arguments : "";
    expect(args.length).toBeGreaterThan(0);
    expect(JSON.stringify({ place }).startsWith(args)).toBe(true);
  });

  test("never parts a character", async () => {
    const { client } = await start({ script: () => ({ text: "🦜".repeat(40) }) });
    const { output_text: text, usage } = await client.responses.create({
      ...REQUEST,
      max_output_tokens: 17,
    });
    expect(usage?.output_tokens).toBe(17);
    expect("🦜".repeat(40).startsWith(text)).toBe(true);
    expect(text.length % 2 === 0).toBe(true);
  });

  test("is refused below 16, and ends at what the model can give", async () => {
    const { client } = await start({ script: longOutput(20_000) });
    await expect(
      client.responses.create({ ...REQUEST, max_output_tokens: 15 }),
    ).rejects.toMatchObject({ status: 400, code: "integer_below_min_value" });
    const response = await client.responses.create({ ...REQUEST, model: "gpt-4o" });
    expect(response).toMatchObject({ status: "incomplete", usage: { output_tokens: 16_384 } });
  });

  test("fills a text up to a length", async () => {
    const { client } = await start({ script: () => ({ text: "First this.", outputTokens: 60 }) });
    const { output_text: text, usage } = await client.responses.create(REQUEST);
    expect(text.startsWith("First this.")).toBe(true);
    expect([usage?.output_tokens, countTokens(text)]).toEqual([60, 60]);
  });
});
