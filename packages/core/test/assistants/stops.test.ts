/** What ends a run before its answer: time, its caller, its caps; and what does not. */
import { callsTools, longOutput } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type RunEvent, tool } from "../../src/index.ts";
import { PLAIN, books, budgetError, callsOf, expectAgreement, start } from "../running-budget.ts";

const parameters = z.object({});
const CALL = { name: "wait", arguments: {} };

/** An assistant whose only tool does as it is told. */
function withTool(execute: (signal: AbortSignal) => unknown, latencyMs = 0) {
  const wait = tool({
    name: "wait",
    description: "Waits.",
    parameters,
    execute: (_, { signal }) => execute(signal),
  });
  return {
    assistants: { support: { model: PLAIN, tools: [wait] } },
    simulator: { latencyMs, script: callsTools(CALL) },
  };
}

describe("the caller's signal", () => {
  test("aborted before: nothing is done", async () => {
    const running = await start();
    const signal = AbortSignal.abort(new Error("left"));
    await expect(running.alice.run({ input: "Hi", signal })).rejects.toThrow("left");
    expect(callsOf(running.simulator).creates).toBe(0);
    expect(await books(running)).toEqual({ lines: [], invoice: [], held: 0 });
  });

  test("aborted during the only step: it has been paid for, so its answer is given", async () => {
    const running = await start({ simulator: { latencyMs: 100 } });
    const controller = new AbortController();
    const run = running.alice.run({ input: "Hi", signal: controller.signal });
    setTimeout(() => controller.abort(), 40);
    expect(await run).toMatchObject({ status: "completed", text: "You said: Hi" });
    await expectAgreement(running);
  });

  test("aborted during a tool: the tool is told, its call is closed, the work is kept", async () => {
    const controller = new AbortController();
    let told = false;
    const running = await start(
      withTool((signal) => {
        signal.addEventListener("abort", () => (told = true));
        controller.abort();
        return new Promise(() => undefined);
      }),
    );
    const run = await running.alice.run({ input: "Go", signal: controller.signal });
    expect(run).toMatchObject({ status: "incomplete", stop: { reason: "aborted" } });
    expect(told).toBe(true);
    expect(run.output.at(-1)).toMatchObject({ output: '{"error":"The run was stopped."}' });
    expect(callsOf(running.simulator).creates).toBe(1);
    running.simulator.setScript(callsTools());
    expect((await running.alice.run({ input: "On", thread: run.thread })).status).toBe("completed");
    await expectAgreement(running);
  });

  test("aborted during a middle step: no call of its answer is run", async () => {
    let ran = 0;
    const running = await start(withTool(() => (ran += 1), 80));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 40);
    const run = await running.alice.run({ input: "Go", signal: controller.signal });
    expect(run).toMatchObject({ status: "incomplete", stop: { reason: "aborted" } });
    expect(ran).toBe(0);
    running.simulator.setScript(callsTools());
    expect((await running.alice.run({ input: "On", thread: run.thread })).status).toBe("completed");
    await expectAgreement(running);
  });

  test("aborted while a first step waits for money: at once, and nothing is held", async () => {
    const running = await start({
      limits: { user: "1 run/day" },
      wait: "30s",
      simulator: { latencyMs: 400 },
    });
    const first = running.alice.run({ input: "One" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const signal = AbortSignal.timeout(60);
    await expect(running.alice.run({ input: "Two", signal })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    await first;
    expect((await books(running)).held).toBe(0);
  });
});

describe("the deadline", () => {
  test("ends a tool, then the run; the thread takes a next turn", async () => {
    const running = await start(withTool(() => new Promise(() => undefined)));
    const soon = running.budget.under({ user: "alice" }, [
      running.budget.policy({ deadlineMs: 250 }),
    ]);
    const before = performance.now();
    const run = await soon.run({ input: "Go" });
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(run).toMatchObject({ status: "incomplete", stop: { reason: "deadline" } });
    expect(run.text).toBe('Done: wait gave {"error":"The run was stopped."}.');
    expect(run.steps).toHaveLength(2);
    running.simulator.setScript(callsTools());
    expect((await running.alice.run({ input: "On", thread: run.thread })).status).toBe("completed");
    await expectAgreement(running);
  });

  test("is kept in mind when a provider asks to wait", async () => {
    const running = await start({
      maxRetries: 3,
      simulator: { faults: [{ kind: "rate_limit", retryAfter: 3 }] },
    });
    const soon = running.budget.under({ user: "alice" }, [
      running.budget.policy({ deadlineMs: 500 }),
    ]);
    const before = performance.now();
    expect((await budgetError(soon.run({ input: "Go" }))).code).toBe("provider_rate_limited");
    expect(performance.now() - before).toBeLessThan(500);
  });
});

describe("a caller who leaves", () => {
  test("a stream that nobody reads any more is drained: the run is finished, kept and settled", async () => {
    const running = await start({ simulator: { chunkDelayMs: 5, script: longOutput(120) } });
    const stream = running.alice.stream({ input: "Tell me" });
    for await (const event of stream) if (event.type === "text") break;
    const run = await stream.result;
    expect(run).toMatchObject({ status: "completed" });
    expect(run.usage.completionTokens).toBe(120);
    expect(running.simulator.requests()[0]).toMatchObject({ aborted: false });
    expect((await running.alice.runs.get(run.id)).text).toBe(run.text);
    await expectAgreement(running);
  });

  test("a stream that nobody ever reads is run all the same", async () => {
    const running = await start();
    const { result } = running.alice.stream({ input: "Hi" });
    expect((await result).text).toBe("You said: Hi");
  });
});

describe("a provider that fails in the middle", () => {
  test("the work is kept: incomplete, with the failure's problem", async () => {
    const running = await start(withTool(() => "done"));
    running.simulator.inject({ kind: "rate_limit", after: 1, retryAfter: 9 });
    const run = await running.alice.run({ input: "Go" });
    expect(run).toMatchObject({
      status: "incomplete",
      stop: { reason: "provider", problem: { code: "provider_rate_limited", status: 503 } },
    });
    expect(run.output.at(-1)).toMatchObject({ type: "function_call_output", output: "done" });
    const next = await running.alice.run({ input: "On", thread: run.thread });
    expect(next.text).toContain("Done");
    await expectAgreement(running);
  });
});

async function eventsOf(stream: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe("the events of a stream", () => {
  test("text, tool calls, running cost, and the run at the end", async () => {
    const running = await start(withTool(() => "ok"));
    const stream = running.alice.stream({ input: "Go" });
    const events = await eventsOf(stream);
    const run = await stream.result;
    expect(events[0]).toEqual({ type: "start", run: run.id, thread: run.thread });
    expect(events.filter(({ type }) => type !== "text").map(({ type }) => type)).toEqual([
      "start",
      "step",
      "tool_call",
      "tool_output",
      "step",
      "run",
    ]);
    expect(events.flatMap((event) => (event.type === "text" ? event.delta : [])).join("")).toBe(
      run.text,
    );
    expect(events.flatMap((event) => (event.type === "step" ? event.cost.nano : [])).at(-1)).toBe(
      run.cost.nano,
    );
    expect(events.find(({ type }) => type === "tool_call")).toMatchObject({
      name: "wait",
      arguments: "{}",
    });
    expect(events.find(({ type }) => type === "tool_output")).toMatchObject({
      name: "wait",
      failed: false,
    });
    expect(events.at(-1)).toEqual({ type: "run", run });
    // A second reader sees all of it again.
    expect(await eventsOf(stream)).toEqual(events);
  });

  test("the words of a model that declines are text too", async () => {
    const running = await start({ simulator: { script: () => ({ refusal: "I won't do that." }) } });
    const stream = running.alice.stream({ input: "Go" });
    const events = await eventsOf(stream);
    const run = await stream.result;
    expect(run.text).toBe("I won't do that.");
    expect(events.flatMap((event) => (event.type === "text" ? event.delta : [])).join("")).toBe(
      run.text,
    );
  });

  test("a refusal is thrown by the first turn of the loop, and by `result`", async () => {
    const running = await start({ limits: { user: "$0/day" } });
    const stream = running.alice.stream({ input: "Go" });
    expect((await budgetError(eventsOf(stream))).status).toBe(402);
    expect((await budgetError(stream.result)).status).toBe(402);
  });

  test("a listener that throws does no harm to the money", async () => {
    const running = await start();
    const stream = running.alice.stream({ input: "Go" });
    const failing = (async () => {
      for await (const event of stream) throw new Error(event.type);
    })();
    await expect(failing).rejects.toThrow("start");
    await stream.result;
    await expectAgreement(running);
  });
});
