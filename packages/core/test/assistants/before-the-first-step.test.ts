/** A run that ends before its first step has done nothing: it throws, and leaves nothing behind. */
import { describe, expect, test } from "vitest";
import { createBudget, memory } from "../../src/index.ts";
import { LARGE_LIMITS, books, budgetError, callsOf, start } from "../running-budget.ts";

describe('an abort with a text as its reason: `abort("left")`', () => {
  test("while waiting for money: rejects with an AbortError", async () => {
    const running = await start({
      limits: { user: "1 run/day" },
      wait: "30s",
      simulator: { latencyMs: 400 },
    });
    const first = running.alice.run({ input: "One" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const controller = new AbortController();
    setTimeout(() => controller.abort("left"), 60);
    const second = running.alice.run({ input: "Two", signal: controller.signal });
    const error: unknown = await second.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "AbortError", cause: "left" });
    await first;
    expect(callsOf(running.simulator).creates).toBe(1);
    expect((await books(running)).held).toBe(0);
  });

  test("while a failed attempt waits for the next: rejects with an AbortError", async () => {
    const running = await start({
      maxRetries: 2,
      simulator: { faults: [{ kind: "rate_limit", retryAfter: 2 }] },
    });
    const controller = new AbortController();
    setTimeout(() => controller.abort("left"), 600);
    const run = running.alice.run({ input: "Hi", signal: controller.signal });
    await expect(run).rejects.toMatchObject({ name: "AbortError", cause: "left" });
    expect(await books(running)).toEqual({ lines: [], invoice: [], held: 0 });
  });

  test("while its thread is being taken: rejects, and the thread is as it was", async () => {
    const inner = memory();
    const controller = new AbortController();
    let leaves = false;
    const running = await start({
      store: {
        ...inner,
        openThread: async (request) => {
          const reply = await inner.openThread(request);
          if (leaves) controller.abort("left");
          return reply;
        },
      },
    });
    const { thread } = await running.alice.run({ input: "One" });
    leaves = true;
    const run = running.alice.run({ thread, input: "Two", signal: controller.signal });
    await expect(run).rejects.toMatchObject({ name: "AbortError", cause: "left" });
    expect(await running.alice.threads.items(thread)).toHaveLength(2);
    expect(await running.alice.runs.list(thread)).toHaveLength(1);
    leaves = false;
    expect((await running.alice.run({ thread, input: "Three" })).status).toBe("completed");
    expect(callsOf(running.simulator).creates).toBe(2);
  });
});

test("a deadline that has passed: provider_timeout, and nothing is sent", async () => {
  const running = await start();
  let now = 0;
  const slow = createBudget(
    { limits: LARGE_LIMITS, baseURL: running.simulator.url, apiKey: "sk-test", store: memory() },
    // Each look at the clock takes longer than the run may.
    { monotonic: () => (now += 10) },
  );
  const soon = slow.under({ user: "alice" }, [slow.policy({ deadlineMs: 5 })]);
  const error = await budgetError(soon.run({ input: "Hi" }));
  expect(error).toMatchObject({ code: "provider_timeout", status: 504 });
  expect(callsOf(running.simulator).creates).toBe(0);
  expect(await slow.lines()).toEqual([]);
  await slow.close();
});

test.for([
  ["numbers", 0],
  ["texts", { type: "input_text", text: "a" }],
  ["images", { type: "input_image" }],
])("1e5 parts of %s are refused quickly", async ([, part]) => {
  const running = await start();
  const input = Array.from({ length: 1e5 }, () => part);
  const before = performance.now();
  const error = await budgetError(running.alice.run({ input } as never));
  expect(performance.now() - before).toBeLessThan(1_000);
  expect(error).toMatchObject({ code: "input_too_large", status: 413 });
  expect(error.message.length).toBeLessThan(300);
  expect(callsOf(running.simulator).creates).toBe(0);
});
