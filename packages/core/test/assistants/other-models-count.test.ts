/** The hold of a step rests on the count of the step before only where the same model counted, and without a doubt. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { tool } from "../../src/index.ts";
import { finished, handmadeProvider, usage } from "../handmade-provider.ts";
import { books, start } from "../running-budget.ts";

const ASKED = "gpt-6-astra";
const FALLBACK = "gpt-6.1-terra";
const JAPANESE = "日本語".repeat(5_000);

const look = tool({ name: "look", description: "", parameters: z.object({}), execute: () => "ok" });
const CALL = {
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: "look",
  arguments: "{}",
};

/** How the first step is answered; all others are by the model that was asked, which counts nearly a token a byte. */
interface First {
  readonly model: string;
  readonly bytesPerToken: number;
  /** A report that contradicts itself: more was read from the cache than was sent. */
  readonly doubtful?: boolean;
  readonly output?: readonly object[];
}

async function startWith(first: First) {
  const provider = await handmadeProvider(({ before, input, send, model }) => {
    const answering = before === 0 ? first : { model, bytesPerToken: 1.2 };
    const bytes = Buffer.byteLength(JSON.stringify(input));
    const tokens = Math.floor(bytes / answering.bytesPerToken);
    const cached = before === 0 && first.doubtful === true ? tokens + 1 : 0;
    send("response.completed", {
      response: finished({
        id: `resp_${before}`,
        model: answering.model,
        usage: usage(tokens, 20, cached),
        ...(before === 0 && first.output ? { output: first.output } : {}),
      }),
    });
  });
  return start({
    baseURL: provider.baseURL,
    minOutputTokens: 16,
    assistants: { support: { model: ASKED, maxOutputTokens: 32, tools: [look] } },
  });
}

async function expectBoundByBytes(running: Awaited<ReturnType<typeof startWith>>) {
  const { lines, held } = await books(running);
  expect(held).toBe(0);
  expect(lines).toHaveLength(2);
  const [, second] = lines;
  expect(second?.facts.promptTokens).toBeGreaterThanOrEqual(Buffer.byteLength(JAPANESE));
  expect(second?.charge.known).toBe("reported");
  expect(second?.charge.nano).toBeLessThanOrEqual(second?.ceiling ?? 0);
  expect(second?.overrun).toBeUndefined();
  return lines;
}

describe("a fallback model answers the first step, with a count and a price of its own", () => {
  test("the next run in the thread is held by bytes", async () => {
    const running = await startWith({ model: FALLBACK, bytesPerToken: 6 });
    const { thread } = await running.alice.run({ input: JAPANESE });
    await running.alice.run({ thread, input: "?" });
    const [first] = await expectBoundByBytes(running);
    expect(first?.charge).toMatchObject({ model: FALLBACK, known: "reported" });
  });

  test("the next step of the run is held by bytes", async () => {
    const running = await startWith({ model: FALLBACK, bytesPerToken: 6, output: [CALL] });
    expect((await running.alice.run({ input: JAPANESE })).steps).toHaveLength(2);
    await expectBoundByBytes(running);
  });
});

test("a report that contradicts itself is billed, and bounds nothing", async () => {
  const running = await startWith({ model: ASKED, bytesPerToken: 100, doubtful: true });
  const { thread } = await running.alice.run({ input: JAPANESE });
  await running.alice.run({ thread, input: "?" });
  const [first] = await expectBoundByBytes(running);
  expect(first?.charge).toMatchObject({ known: "reported", cause: expect.any(String) });
});

test("the model's own count bounds the next step, far under its bytes", async () => {
  const running = await startWith({ model: ASKED, bytesPerToken: 6 });
  const { thread } = await running.alice.run({ input: JAPANESE });
  await running.alice.run({ thread, input: "?" });
  const { lines } = await books(running);
  expect(lines[1]?.facts.promptTokens).toBeLessThan(Buffer.byteLength(JAPANESE) / 4);
});
