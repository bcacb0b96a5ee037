/** The caps that count tokens: of a step, of a run, of what is sent. */
import { callsTools, echo, longOutput, loopsOn } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { tool } from "../../src/index.ts";
import {
  PLAIN,
  type Running,
  bodiesOf,
  books,
  budgetError,
  callsOf,
  expectAgreement,
  start,
} from "../running-budget.ts";

const CALL = { name: "look", arguments: {} };
const look = (output: string) =>
  tool({ name: "look", description: "Looks.", parameters: z.object({}), execute: () => output });

describe("maxOutputTokens", () => {
  test("is what a step asks for; the default is 8,192", async () => {
    const running = await start({
      assistants: {
        small: { model: PLAIN, maxOutputTokens: 400 },
        usual: { model: PLAIN },
      },
    });
    await running.alice.run({ assistant: "small", input: "Hi" });
    await running.alice.run({ assistant: "usual", input: "Hi" });
    expect(bodiesOf(running.simulator).map((body) => body.max_output_tokens)).toEqual([400, 8_192]);
  });

  test("is lowered by a policy, never raised", async () => {
    const running = await start({ assistants: { a: { model: PLAIN, maxOutputTokens: 400 } } });
    const under = (maxOutputTokens: number) =>
      running.budget.under({ user: "alice" }, [running.budget.policy({ maxOutputTokens })]);
    await under(300).run({ input: "Hi" });
    await under(5_000).run({ input: "Hi" });
    expect(bodiesOf(running.simulator).map((body) => body.max_output_tokens)).toEqual([300, 400]);
  });
});

describe("maxCompletionTokens", () => {
  test("is summed over the steps: each gets what is left, and the sum is never passed", async () => {
    const running = await start({
      assistants: { a: { model: PLAIN, maxCompletionTokens: 500, tools: [look("ok")] } },
      simulator: {
        script: ({ round }) => ({ outputTokens: 150, ...(round < 9 ? { toolCalls: [CALL] } : {}) }),
      },
    });
    const run = await running.alice.run({ input: "Go" });
    expect(run).toMatchObject({ status: "incomplete" });
    expect(run.usage.completionTokens).toBeLessThanOrEqual(500);
    const caps = bodiesOf(running.simulator).map((body) => body.max_output_tokens);
    let used = 0;
    for (const [i, step] of run.steps.entries()) {
      expect(caps[i]).toBe(500 - used);
      used += step.usage.completionTokens;
    }
    running.simulator.setScript(echo());
    expect((await running.alice.run({ input: "On", thread: run.thread })).status).toBe("completed");
    await expectAgreement(running);
  });

  test("less than the provider takes is left: the run stops before the call", async () => {
    const running = await start({
      assistants: { a: { model: PLAIN, maxCompletionTokens: 30, tools: [look("ok")] } },
      simulator: { script: () => ({ outputTokens: 12, toolCalls: [CALL] }) },
    });
    const run = await running.alice.run({ input: "Go" });
    expect(run.stop?.reason).toBe("max_completion_tokens");
    expect(run.usage.completionTokens).toBeLessThanOrEqual(30);
    expect(callsOf(running.simulator).creates).toBe(run.steps.length);
  });
});

describe("maxPromptTokens", () => {
  test("a first step that is larger is refused before anything is held", async () => {
    const running = await start({ assistants: { a: { model: PLAIN, maxPromptTokens: 50 } } });
    const error = await budgetError(running.alice.run({ input: "word ".repeat(400) }));
    expect(error).toMatchObject({ code: "input_too_large", status: 413 });
    expect(error.message).toContain("maxPromptTokens");
    expect(error.detail).not.toContain("maxPromptTokens");
    expect(await books(running)).toEqual({ lines: [], invoice: [], held: 0 });
  });

  test("is summed over the steps; the run ends before the step that would pass it", async () => {
    const running = await start({
      assistants: {
        a: { model: PLAIN, maxPromptTokens: 1_500, tools: [look("a fine day ".repeat(40))] },
      },
      simulator: { script: loopsOn(CALL) },
    });
    const run = await running.alice.run({ input: "Go" });
    expect(run).toMatchObject({ status: "incomplete", stop: { reason: "max_prompt_tokens" } });
    expect(run.usage.promptTokens).toBeLessThanOrEqual(1_500);
    expect(run.steps.length).toBeGreaterThan(2);
    await expectAgreement(running);
  });
});

/** Talks for so many turns, each a few sentences long. */
async function talk(running: Running, turns: number): Promise<string> {
  let thread: string | undefined;
  for (let turn = 0; turn < turns; turn++) {
    const input = `Turn ${turn}. ${"I would like to know more about lamps, please. ".repeat(turn % 5)}`;
    const run = await running.alice.run({ input, ...(thread === undefined ? {} : { thread }) });
    expect(run.status).toBe("completed");
    thread = run.thread;
  }
  return thread ?? "";
}

describe("maxContextTokens", () => {
  test("no step of a long conversation is reported larger; old turns leave in large bites", async () => {
    const running = await start({
      assistants: {
        a: {
          model: PLAIN,
          maxContextTokens: 1_000,
          instructions: "You sell lamps.",
          tools: [look("x")],
        },
      },
      simulator: {
        script: ({ turn, round, lastUserText }) =>
          turn % 3 === 0 && round === 0
            ? { toolCalls: [CALL, CALL] }
            : { text: `About: ${lastUserText}` },
      },
    });
    const thread = await talk(running, 40);
    const runs = await running.alice.runs.list(thread);
    const prompts = runs.flatMap(({ steps }) => steps.map(({ usage }) => usage.promptTokens));
    expect(prompts.length).toBeGreaterThan(40);
    expect(Math.max(...prompts)).toBeLessThanOrEqual(1_000);
    // It is a cap, not a habit: the room is used.
    expect(Math.max(...prompts)).toBeGreaterThan(600);
    const bodies = bodiesOf(running.simulator);
    for (const { input } of bodies)
      expect(input[0]).toMatchObject({ type: "message", role: "user" });
    const starts = bodies.map(({ input }) => JSON.stringify(input[0]));
    const bites = starts.filter((one, i) => i > 0 && one !== starts[i - 1]).length;
    expect(bites).toBeGreaterThan(0);
    expect(bites).toBeLessThan(bodies.length / 5);
    expect(await running.alice.threads.items(thread)).not.toHaveLength(0);
    await expectAgreement(running);
  });

  test("an input that can't fit is refused before anything is held, and the thread stays", async () => {
    const running = await start({ assistants: { a: { model: PLAIN, maxContextTokens: 500 } } });
    const { thread } = await running.alice.run({ input: "Hi" });
    const error = await budgetError(running.alice.run({ thread, input: "word ".repeat(2_000) }));
    expect(error).toMatchObject({ code: "input_too_large", status: 413 });
    expect(error.message).toContain("maxContextTokens");
    expect((await running.alice.run({ thread, input: "Hi" })).status).toBe("completed");
    expect(await running.alice.threads.items(thread)).toHaveLength(4);
  });

  test("tools that say too much end the run; the thread takes a next turn", async () => {
    const running = await start({
      assistants: {
        a: { model: PLAIN, maxContextTokens: 2_000, tools: [look("blah ".repeat(4_000))] },
      },
      simulator: { script: callsTools(CALL) },
    });
    const run = await running.alice.run({ input: "Go" });
    expect(run).toMatchObject({ status: "incomplete", stop: { reason: "max_context_tokens" } });
    running.simulator.setScript(echo());
    const next = await running.alice.run({ input: "On", thread: run.thread });
    expect(next).toMatchObject({ status: "completed", text: "You said: On" });
    expect(next.usage.promptTokens).toBeLessThanOrEqual(2_000);
    await expectAgreement(running);
  });
});

describe("lastMessages", () => {
  test("sends at most so many old messages, by whole turns; a call stays with its output", async () => {
    const running = await start({
      assistants: {
        a: { model: PLAIN, truncation: { lastMessages: 5 }, tools: [look("x")] },
      },
      simulator: {
        script: ({ turn, round, lastUserText }) =>
          turn % 2 === 0 && round === 0 ? { toolCalls: [CALL] } : { text: lastUserText },
      },
    });
    const thread = await talk(running, 12);
    for (const { input } of bodiesOf(running.simulator)) {
      const old = input.slice(
        0,
        input.findLastIndex((item) => item["role"] === "user"),
      );
      expect(old.filter(({ type }) => type === "message").length).toBeLessThanOrEqual(5);
      const calls = input.flatMap((item) => (item.type === "function_call" ? item["call_id"] : []));
      const outputs = input.flatMap((item) =>
        item.type === "function_call_output" ? item["call_id"] : [],
      );
      expect(outputs).toEqual(calls);
      expect(input[0]).toMatchObject({ role: "user" });
    }
    const all = await running.alice.threads.items(thread);
    expect(all.filter((item) => item["role"] === "user")).toHaveLength(12);
    await expectAgreement(running);
  });
});

test("maxSteps: the lowest of the assistant's and every policy's", async () => {
  const running = await start({
    assistants: { a: { model: PLAIN, maxSteps: 4, tools: [look("x")] } },
    simulator: { script: loopsOn(CALL) },
  });
  const policies = [2, 9].map((maxSteps) => running.budget.policy({ maxSteps }));
  const run = await running.budget.under({ user: "alice" }, policies).run({ input: "Go" });
  expect(run.steps).toHaveLength(2);
});

test("a long answer is as long as the cap, and no longer", async () => {
  const running = await start({ simulator: { script: longOutput(20_000) } });
  const run = await running.alice.run({ input: "Go" });
  expect(run.usage.completionTokens).toBe(8_192);
  await expectAgreement(running);
});
