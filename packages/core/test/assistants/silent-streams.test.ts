/** Streams that say less than they should: only deltas, no usage, or signs of life and nothing else. */
import { expect, test } from "vitest";
import { finished, handmadeProvider, usage } from "../handmade-provider.ts";
import { books, budgetError, start } from "../running-budget.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("only deltas and no usage: the text is there, and its bytes are counted", async () => {
  const provider = await handmadeProvider(({ model, send }) => {
    const empty = { model, output: [], usage: null };
    send("response.created", { response: finished({ ...empty, status: "in_progress" }) });
    for (let i = 0; i < 200; i++) send("response.output_text.delta", { delta: "word " });
    send("response.completed", { response: finished(empty) });
  });
  const running = await start({
    baseURL: provider.baseURL,
    prices: { local: { input: "1", output: "2" } },
    assistants: { support: { model: "local" } },
  });
  const text = "word ".repeat(200);
  const run = await running.alice.run({ input: "Hello" });
  expect(run).toMatchObject({ status: "completed", text });
  const { lines, held } = await books(running);
  expect(held).toBe(0);
  const { charge } = lines[0] ?? {};
  expect(charge?.known).toBe("counted");
  expect(charge?.usage.completionTokens).toBeGreaterThanOrEqual(Buffer.byteLength(text));
  expect(charge?.usage.completionTokens).toBeLessThan(Buffer.byteLength(text) + 200);
  // What was said is remembered, and sent with the next message.
  const items = await running.alice.threads.items(run.thread);
  expect(items.map(({ type }) => type)).toEqual(["message", "message"]);
  expect(JSON.stringify(items)).toContain(text);
});

test.for(["response.in_progress", "response.queued"])(
  "nothing but %s ends at idleTimeout, for the ceiling",
  async (type) => {
    const provider = await handmadeProvider(async ({ model, send, gone }) => {
      const response = finished({ model, status: "in_progress", output: [] });
      send("response.created", { response });
      const giveUp = performance.now() + 4_000;
      while (!gone() && performance.now() < giveUp) {
        send(type, { response });
        await pause(30);
      }
    });
    const running = await start({ baseURL: provider.baseURL, idleTimeout: "250ms" });
    const before = performance.now();
    const error = await budgetError(running.alice.run({ input: "Hello" }));
    expect(performance.now() - before).toBeLessThan(2_500);
    expect(error.code).toBe("provider_timeout");
    const { lines, held } = await books(running);
    expect(held).toBe(0);
    expect(lines[0]?.charge).toMatchObject({ known: "assumed", nano: lines[0]?.ceiling });
    expect(lines[0]?.charge.cause).toContain("fell silent");
  },
);

test("a stream that goes on bringing text is heard out, however long it takes", async () => {
  const provider = await handmadeProvider(async ({ model, send }) => {
    for (let i = 0; i < 10; i++) {
      send("response.output_text.delta", { delta: "word " });
      await pause(60);
    }
    send("response.completed", { response: finished({ model, usage: usage(10, 10) }) });
  });
  const running = await start({ baseURL: provider.baseURL, idleTimeout: "300ms" });
  expect((await running.alice.run({ input: "Hello" })).status).toBe("completed");
});
