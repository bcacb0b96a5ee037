import { describe, expect, test } from "vitest";
import { start } from "./running-simulator.ts";

// " word" is one token: 3 for the message, 1 for its role, and as many as there are words.
const instructions = (words: number): string => "word".concat(" word".repeat(words - 1));
const ask = (input: string, words: number) => ({
  model: "gpt-6.2-sol",
  instructions: instructions(words),
  input,
});

describe("the prompt cache", () => {
  test("is written by the first long prompt and read by the next", async () => {
    const { client, simulator } = await start();
    const first = await client.responses.create(ask("One", 2000));
    // 4 + 2,000, 4 + 1 for the input, 3 for the reply = 2,012; the 15 x 128 = 1,920 of it are written.
    expect(first.usage).toMatchObject({
      input_tokens: 2012,
      input_tokens_details: {
        cached_tokens: 0,
        cache_write_tokens: 1920,
        cache_write_tokens_details: { ttl_30m_tokens: 1920, ttl_12h_tokens: 0 },
      },
    });
    const second = await client.responses.create(ask("Two and three", 2000));
    expect(second.usage?.input_tokens_details).toEqual({
      cached_tokens: 1920,
      cache_write_tokens: 0,
    });
    // 92 x 2,000 + 1,920 x 2,500 + output; 94 x 2,000 + 1,920 x 100 + output
    const [written, read] = simulator.invoice().lines;
    expect(written?.nano).toBe(
      184_000n + 4_800_000n + 10_000n * BigInt(written?.usage.output ?? 0),
    );
    expect(read?.nano).toBe(188_000n + 192_000n + 10_000n * BigInt(read?.usage.output ?? 0));
  });

  test("writes only what is new", async () => {
    const { client } = await start();
    const first = await client.responses.create(ask("One", 2000));
    const second = await client.responses.create({
      ...ask(instructions(1000), 2000),
      previous_response_id: first.id,
    });
    const details = second.usage?.input_tokens_details;
    expect(details?.cached_tokens).toBe(1920);
    // 2,012 + what was answered + 4 + 1,000 tokens, in whole steps of 128, less what was read.
    const total = second.usage?.input_tokens ?? 0;
    expect(details?.cache_write_tokens).toBe(total - (total % 128) - 1920);
  });

  test("keeps for 12 hours what is asked for so", async () => {
    const { client, simulator } = await start();
    await client.responses.create({
      ...ask("One", 2000),
      prompt_cache_options: { ttl: "12h" },
    });
    expect(simulator.invoice().lines[0]?.usage).toMatchObject({
      cacheWrite: 1920,
      cacheWrite12h: 1920,
    });
  });

  test("writes up to the breakpoint only in explicit mode", async () => {
    const { client } = await start();
    const usage = async (isMarked: boolean) => {
      const part = { type: "input_text" as const, text: instructions(1500) };
      const content = isMarked
        ? [{ ...part, prompt_cache_breakpoint: { mode: "explicit" as const } }]
        : [part];
      const response = await client.responses.create({
        model: "gpt-6.2-sol",
        input: [
          { role: "user", content },
          { role: "user", content: instructions(1000) },
        ],
        prompt_cache_options: { mode: "explicit" },
      });
      return response.usage?.input_tokens_details.cache_write_tokens;
    };
    expect(await usage(false)).toBe(0);
    expect(await usage(true)).toBe(1408);
  });

  test("is not for short prompts, other models, or an older model's writes", async () => {
    const { client } = await start();
    const short = await client.responses.create(ask("One", 900));
    expect(short.usage?.input_tokens_details.cache_write_tokens).toBe(0);
    await client.responses.create(ask("One", 2000));
    const old = { ...ask("One", 2000), model: "gpt-5.4" };
    const first = await client.responses.create(old);
    const second = await client.responses.create(old);
    const none = { cached_tokens: 0, cache_write_tokens: 0 };
    expect(first.usage?.input_tokens_details).toEqual(none);
    expect(second.usage?.input_tokens_details).toEqual({ ...none, cached_tokens: 1920 });
  });

  test("can be switched off", async () => {
    const { client } = await start({ cache: false });
    await client.responses.create(ask("One", 2000));
    const { usage } = await client.responses.create(ask("One", 2000));
    expect(usage?.input_tokens_details).toEqual({ cached_tokens: 0, cache_write_tokens: 0 });
  });
});
