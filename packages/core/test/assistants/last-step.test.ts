/** A run with tools ends in an answer: near its limit, its step cap or its deadline it takes a last step without them. */
import { callsTools, loopsOn } from "@assistants-budget/simulator";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Run, isBudgetError, tool } from "../../src/index.ts";
import {
  LARGE_LIMITS,
  PLAIN,
  REASONING,
  bodiesOf,
  books,
  budgetError,
  expectAgreement,
  start,
} from "../running-budget.ts";

const look = (output: string) =>
  tool({ name: "look", description: "Looks.", parameters: z.object({}), execute: () => output });
const CALL = { name: "look", arguments: {} };
const SORRY = "That is all I can say with what I have.";

describe("near a limit", () => {
  test.for(["run", "thread", "user"] as const)(
    "of the %s: the last step is an answer, and says why",
    async (scope) => {
      const running = await start({
        assistants: {
          support: { model: PLAIN, maxOutputTokens: 500, tools: [look("a lamp ".repeat(50))] },
        },
        limits: { ...LARGE_LIMITS, [scope]: scope === "user" ? "$0.002/day" : "$0.002" },
        simulator: { script: loopsOn(CALL) },
      });
      const run = await running.alice.run({ input: "Go" });
      expect(run).toMatchObject({
        status: "incomplete",
        text: SORRY,
        stop: { reason: "budget", problem: { status: 402 } },
      });
      expect(run.steps.length).toBeGreaterThan(2);
      expect(bodiesOf(running.simulator).at(-1)?.["tool_choice"]).toBe("none");
      expect(run.cost.nano).toBeLessThanOrEqual(2_000_000);
      await expectAgreement(running);
    },
  );

  test("a step and the answer after it are held together, and only the step is charged", async () => {
    const running = await start({
      assistants: { support: { model: PLAIN, maxOutputTokens: 500, tools: [look("ok")] } },
      simulator: { latencyMs: 150, script: callsTools(CALL) },
    });
    const stream = running.alice.stream({ input: "Go" });
    await new Promise((resolve) => setTimeout(resolve, 80));
    const [held] = await running.budget.operator.holds();
    const [balance] = await running.alice.balances();
    expect(Number(balance?.held)).toBeGreaterThan(1.5 * Number(held?.usd));
    expect((await stream.result).status).toBe("completed");
    const { lines } = await expectAgreement(running);
    for (const { charge, ceiling } of lines) expect(charge.nano).toBeLessThanOrEqual(ceiling);
  });

  test("an assistant without tools holds nothing more than before", async () => {
    const running = await start({
      assistants: { support: { model: PLAIN } },
      simulator: { latencyMs: 150 },
    });
    const { result } = running.alice.stream({ input: "Go" });
    await new Promise((resolve) => setTimeout(resolve, 80));
    const [held] = await running.budget.operator.holds();
    const [balance] = await running.alice.balances();
    expect(Number(balance?.held)).toBe(Number(held?.usd));
    await result;
  });

  test("goes on under a larger limit, with its tools", async () => {
    const running = await start({
      assistants: {
        support: { model: PLAIN, maxOutputTokens: 500, tools: [look("a lamp ".repeat(50))] },
      },
      limits: { ...LARGE_LIMITS, user: "$0.002/day" },
      simulator: { script: loopsOn(CALL) },
    });
    const { id, steps } = await running.alice.run({ input: "Go" });
    expect((await budgetError(running.alice.resume(id))).status).toBe(402);
    running.simulator.setScript(({ toolOutputsSinceUser }) => ({
      text: `${toolOutputsSinceUser.length} looks`,
    }));
    await running.budget.operator.setLimits({ user: "alice" }, "$1/day", { by: "me", why: "more" });
    const run = await running.alice.resume(id);
    expect(run).toMatchObject({ id, status: "completed", text: `${steps.length - 1} looks` });
    expect(run.steps).toHaveLength(steps.length + 1);
    await expectAgreement(running);
  });
});

/** Texts whose tokens are short and long, as tools and models may write them. */
const texts = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.nat(4_000).map((n) => "a fine day ".repeat(n / 10)),
  fc.nat(2_000).map((n) => " ".repeat(n)),
  fc.nat(300).map((n) => "灯😀".repeat(n)),
);

test("whatever the limit, a run that got its first step ends in a text", async () => {
  const plans = fc.record({
    micro: fc.integer({ min: 60, max: 6_000 }),
    maxOutputTokens: fc.integer({ min: 256, max: 4_000 }),
    model: fc.constantFrom(PLAIN, PLAIN, REASONING),
    unit: fc.constantFrom("usd", "tokens"),
    output: texts,
    argument: texts,
    calls: fc.integer({ min: 1, max: 3 }),
  });
  let looped = 0;
  let refused = 0;
  const property = fc.asyncProperty(plans, async (plan) => {
    const { micro, maxOutputTokens, model, unit, output, argument, calls } = plan;
    const limit =
      unit === "usd"
        ? (`$${(micro * (model === REASONING ? 30 : 1)) / 1e6}` as "$1")
        : (`${micro * 20} tokens` as "1 tokens");
    const call = { name: "look", arguments: { argument } };
    const running = await start({
      assistants: { support: { model, maxOutputTokens, tools: [look(output)] } },
      limits: { ...LARGE_LIMITS, run: limit },
      simulator: { script: () => ({ toolCalls: Array.from({ length: calls }, () => call) }) },
    });
    const ended = await running.alice.run({ input: "Go" }).catch((error: unknown) => error);
    expect((await books(running)).held).toBe(0);
    await running.budget.close();
    await running.simulator.close();
    if (isBudgetError(ended) && ended.status === 402) {
      refused += 1;
      return true;
    }
    const { text, stop, steps } = ended as Run;
    if (steps.length > 1) looped += 1;
    // What a model's cap cuts off is no call, and that is an end of its own.
    return stop?.reason === "max_output_tokens" || text === SORRY;
  });
  await fc.assert(property, { numRuns: 80, seed: 77 });
  expect(looped).toBeGreaterThan(15);
  expect(refused).toBeLessThan(40);
}, 120_000);

describe("the step cap", () => {
  test("of one: an answer at once", async () => {
    const running = await start({
      assistants: { support: { model: PLAIN, maxSteps: 1, tools: [look("ok")] } },
      simulator: { script: loopsOn(CALL) },
    });
    const run = await running.alice.run({ input: "Go" });
    expect(run).toMatchObject({ text: SORRY, stop: { reason: "max_steps" } });
    expect(run.steps).toHaveLength(1);
  });

  test("resumed, a run has its steps once more", async () => {
    const running = await start({
      assistants: { support: { model: PLAIN, maxSteps: 3, tools: [look("ok")] } },
      simulator: { script: loopsOn(CALL) },
    });
    const { id } = await running.alice.run({ input: "Go" });
    const run = await running.alice.resume(id);
    expect(run).toMatchObject({ text: SORRY, stop: { reason: "max_steps" } });
    expect(run.steps).toHaveLength(6);
    await expectAgreement(running);
  });
});
