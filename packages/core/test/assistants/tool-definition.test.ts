/** What a tool is, and what of a run with tools goes back to a model that reasons. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { tool } from "../../src/index.ts";
import { PLAIN, bodiesOf, budgetError, expectAgreement, start } from "../running-budget.ts";

const named = (name: string) => ({
  name,
  description: name,
  parameters: z.object({ n: z.number() }),
});
const CALL = { name: "one", arguments: { n: 1 } };

describe("reasoning", () => {
  test("goes back within the run and counts as the tokens that it was reported as", async () => {
    const running = await start({
      assistants: {
        support: { model: "gpt-6-luna", tools: [tool({ ...named("one"), execute: () => 1 })] },
      },
      simulator: {
        script: ({ round }) =>
          round === 0
            ? { reasoningTokens: 900, toolCalls: [CALL] }
            : { reasoningTokens: 100, text: "Done." },
      },
    });
    const run = await running.alice.run({ input: "Go" });
    expect(run.usage.reasoningTokens).toBe(1_000);
    expect(bodiesOf(running.simulator)[1]?.input.map(({ type }) => type)).toEqual([
      "message",
      "reasoning",
      "function_call",
      "function_call_output",
    ]);
    const next = await running.alice.run({ input: "And?", thread: run.thread });
    expect(next.status).toBe("completed");
    await expectAgreement(running);
    const lines = await running.budget.lines();
    for (const { charge, ceiling } of lines) expect(charge.nano).toBeLessThanOrEqual(ceiling);
  });
});

describe("a tool's definition", () => {
  test.for(["", "two words", "x".repeat(65), "ümlaut", "a.b"])("the name %j is refused", (name) => {
    expect(() => tool({ ...named(name), execute: () => 1 })).toThrow(
      /a name is 1 to 64 letters, digits, "_" and "-"/,
    );
  });

  test("a schema with an optional argument is not promised to be strict", () => {
    const optional = z.object({ a: z.string(), b: z.string().optional() });
    const one = { name: "one", description: "", execute: () => 1 };
    expect(tool({ ...one, parameters: optional }).strict).toBe(false);
    expect(
      tool({ ...one, parameters: z.object({ a: z.array(z.object({ b: z.int() })) }) }).strict,
    ).toBe(true);
    expect(tool({ ...one, parameters: z.object({ a: z.looseObject({}) }) }).strict).toBe(false);
  });

  test("what is no tool is refused at construction", async () => {
    const wrong = { name: "x", execute: () => 1 } as never;
    const error = await budgetError(
      start({ assistants: { support: { model: PLAIN, tools: [wrong] } } }),
    );
    expect(error.code).toBe("invalid_options");
    expect(error.message).toMatch(/^assistants\.support\.tools\[0\]: found .*tool\(\{ … \}\)/);
  });
});
