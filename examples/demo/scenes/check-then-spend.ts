/** How caps are usually written, for comparison: every request that looks early enough passes. */
import { OpenAI } from "openai";
import { openSimulator } from "../provider.ts";
import { support } from "../support.ts";

/** Dollars a token. */
const PRICE = { input: 2 / 1e6, output: 10 / 1e6 };

/** Runs against a simulator of its own, whose invoice says what it came to. */
export async function checkThenSpend(options: {
  readonly requests: number;
  /** Dollars. */
  readonly left: number;
  readonly message: string;
}): Promise<{ readonly passed: number; readonly invoice: string }> {
  const provider = await openSimulator();
  const { apiKey, baseURL } = provider;
  const client = new OpenAI({ apiKey, baseURL: baseURL ?? null, maxRetries: 0 });
  const { model, maxOutputTokens } = support;
  let left = options.left;

  async function answer(): Promise<boolean> {
    if (left <= 0) return false;
    const { usage } = await client.responses.create({
      model,
      input: options.message,
      max_output_tokens: maxOutputTokens,
    });
    left -= (usage?.input_tokens ?? 0) * PRICE.input + (usage?.output_tokens ?? 0) * PRICE.output;
    return true;
  }

  try {
    const all = await Promise.all(Array.from({ length: options.requests }, answer));
    return { passed: all.filter(Boolean).length, invoice: provider.invoice().totalUsd };
  } finally {
    await provider.close();
  }
}
