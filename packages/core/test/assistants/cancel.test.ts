/** Stopping a run for good, from its own process and from another. */
import { callsTools, loopsOn } from "@assistants-budget/simulator";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { type Assistants, type RunEvent, createBudget, memory, tool } from "../../src/index.ts";
import {
  LARGE_LIMITS,
  PLAIN,
  type Running,
  budgetError,
  callsOf,
  expectAgreement,
  start,
} from "../running-budget.ts";

const CALL = { name: "look", arguments: {} };
const assistantsWith = (execute: (signal: AbortSignal) => unknown) => ({
  support: {
    model: PLAIN,
    maxSteps: 50,
    tools: [
      tool({
        name: "look",
        description: "Looks.",
        parameters: z.object({}),
        execute: (_, { signal }) => execute(signal),
      }),
    ],
  },
});

/** Another process on the same store. */
function otherProcess(running: Running, assistants: ReturnType<typeof assistantsWith>): Assistants {
  const budget = createBudget({
    assistants,
    limits: LARGE_LIMITS,
    baseURL: running.simulator.url,
    apiKey: "sk-test",
    store: running.store,
  });
  onTestFinished(() => budget.close({ waitMs: 0 }));
  return budget.for({ user: "alice" });
}

/** Begins a run, and says its id as soon as anybody knows it. */
async function begun(alice: Assistants, thread?: string) {
  const stream = alice.stream({ input: "Go", thread });
  const [first] = await firstOf(stream);
  if (first?.type !== "start") throw new Error(`the first event was ${first?.type}`);
  return { id: first.run, result: stream.result };
}

async function firstOf(stream: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  for await (const event of stream) return [event];
  return [];
}

test.for(["its own", "another"] as const)(
  "from %s process: the step under way is finished and charged, no other begins",
  async (where) => {
    let ran = 0;
    const assistants = assistantsWith(() => (ran += 1));
    const running = await start({
      assistants,
      simulator: { latencyMs: 40, script: loopsOn(CALL) },
    });
    const { thread } = await running.alice
      .run({ input: "Hi" })
      .catch(() => ({ thread: undefined }));
    const { id, result } = await begun(running.alice, thread);
    const from = where === "another" ? otherProcess(running, assistants) : running.alice;
    await from.runs.cancel(id);
    const calls = callsOf(running.simulator).creates;
    const run = await result;
    expect(run).toMatchObject({ status: "incomplete", stop: { reason: "cancelled" } });
    // What was under way when it was cancelled.
    expect(callsOf(running.simulator).creates - calls).toBeLessThanOrEqual(1);
    expect(run.steps.length).toBeLessThanOrEqual(3);
    expect(await running.alice.runs.get(id)).toMatchObject({ stop: { reason: "cancelled" } });
    // Twice is once; and it never goes on.
    await from.runs.cancel(id);
    for (const alice of [running.alice, from])
      expect((await budgetError(alice.resume(id))).code).toBe("idempotency_conflict");
    running.simulator.setScript(callsTools());
    expect((await from.run({ input: "On", thread: run.thread })).text).toBe("Done.");
    await expectAgreement(running);
  },
);

test("in the first step of a new thread, from another process: its calls are not followed by a step", async () => {
  const running = await start({
    assistants: assistantsWith(() => "ok"),
    simulator: {
      script: () => ({ delayMs: 120, toolCalls: [CALL] }),
    },
  });
  const { id, result } = await begun(running.alice);
  await otherProcess(
    running,
    assistantsWith(() => "ok"),
  ).runs.cancel(id);
  expect(await result).toMatchObject({ stop: { reason: "cancelled" } });
  expect(callsOf(running.simulator).creates).toBe(1);
  await expectAgreement(running);
});

test("a tool under way is told", async () => {
  let told: unknown;
  const begunTool = Promise.withResolvers<void>();
  const assistants = assistantsWith((signal) => {
    signal.addEventListener("abort", () => (told = signal.reason));
    begunTool.resolve();
    return new Promise(() => undefined);
  });
  const running = await start({ assistants, simulator: { script: callsTools(CALL) } });
  const { id, result } = await begun(running.alice);
  await begunTool.promise;
  await running.alice.runs.cancel(id);
  expect(await result).toMatchObject({ status: "incomplete", stop: { reason: "cancelled" } });
  expect(told).toBeDefined();
  await expectAgreement(running);
});

test("a run that waits for its client, or that has been stopped: it never goes on", async () => {
  const ask = tool({ name: "look", description: "Asks.", parameters: z.object({}) });
  const assistants = { support: { model: PLAIN, tools: [ask] } };
  const running = await start({ assistants, simulator: { script: callsTools(CALL) } });
  const { id, stop, thread } = await running.alice.run({ input: "Go" });
  await running.alice.runs.cancel(id);
  expect(await running.alice.runs.get(id)).toMatchObject({
    status: "incomplete",
    stop: { reason: "cancelled" },
  });
  const toolOutputs = (stop?.calls ?? []).map(({ callId }) => ({ callId, output: "yes" }));
  expect((await budgetError(running.alice.resume(id, { toolOutputs }))).code).toBe(
    "idempotency_conflict",
  );
  running.simulator.setScript(callsTools());
  expect((await running.alice.run({ input: "On", thread })).text).toBe("Done.");
  await expectAgreement(running);
});

test("one that has ended: a conflict", async () => {
  const running = await start();
  const { id } = await running.alice.run({ input: "Hi" });
  expect((await budgetError(running.alice.runs.cancel(id))).code).toBe("idempotency_conflict");
  expect((await running.alice.runs.get(id)).status).toBe("completed");
});

test("one whose process has died is written down as cancelled, and can't be resumed", async () => {
  let now = Date.now();
  const store = memory({ clock: () => now });
  const assistants = assistantsWith(() => new Promise(() => undefined));
  const running = await start({ assistants, store, simulator: { script: callsTools(CALL) } });
  const { id } = await begun(running.alice);
  await vi.waitFor(async () => expect((await running.alice.runs.get(id)).steps).toHaveLength(1));
  now += 120_000;
  const other = otherProcess(running, assistants);
  await other.runs.cancel(id);
  expect(await other.runs.get(id)).toMatchObject({ stop: { reason: "cancelled" } });
  expect((await budgetError(other.resume(id))).code).toBe("idempotency_conflict");
});
