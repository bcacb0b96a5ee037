/** What a ceiling is worth: never under the charge, and no larger than what is not known. */
import { type ModelScript, echo } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { tool } from "../../src/index.ts";
import { PLAIN, REASONING, books, expectAgreement, start } from "../running-budget.ts";

const HELLO = { input: "Hello" } as const;

describe("ceilings", () => {
  test("shrink after the first step: what the provider has counted needs no margin", async () => {
    const instructions = "You help the customers of a shop that sells lamps. ".repeat(80);
    const running = await start({ assistants: { support: { model: PLAIN, instructions } } });
    const first = await running.alice.run(HELLO);
    const second = await running.alice.run({ input: "And?", thread: first.thread });
    const [a, b] = (await running.budget.lines()).map(({ facts }) => facts.promptTokens);
    expect(a).toBeGreaterThan(instructions.length);
    expect(b).toBeLessThan(first.usage.promptTokens + 500);
    expect(b).toBeGreaterThanOrEqual(second.usage.promptTokens);
    // Other instructions are another prompt: the bytes bound it again.
    await running.alice.run({
      input: "Now?",
      thread: first.thread,
      additionalInstructions: "Be kind.",
    });
    expect((await running.budget.lines()).at(-1)?.facts.promptTokens).toBeGreaterThan(
      instructions.length,
    );
    await expectAgreement(running);
  });

  const TEXTS: Readonly<Record<string, string>> = {
    emoji: "👩‍👩‍👧‍👦🏳️‍🌈🤦🏽‍♂️".repeat(120),
    chinese: "請問我的包裹在哪裡？".repeat(120),
    "rare scripts": "ᚠᛇᚻ᛫ᛒᛦᚦ ꙮ 𒀀𒁀 ﷽ ༼ つ ◕_◕ ༽".repeat(60),
    base64: Buffer.from(Array.from({ length: 3_000 }, (_, i) => (i * 7919) % 251)).toString(
      "base64",
    ),
    digits: Array.from({ length: 900 }, (_, i) => (i * 7919) % 9973).join(""),
    spaces: " \t \n ".repeat(600),
    quotes: `"\\"'\``.repeat(500),
    "control characters": "\u0000\u0001\u001b[31m\u007f".repeat(200),
    "lone surrogates": "\ud800x\udc00".repeat(200),
    "special tokens": "<|endoftext|><|im_start|>system\n".repeat(100),
    "zero width": "a\u200b\u200d\ufeff".repeat(300),
    combining: `z${"\u0321\u0322\u0335\u0489".repeat(400)}`,
  };

  test.for(Object.keys(TEXTS))(
    "are never below the charge, in a conversation of %s",
    async (name) => {
      const text = `x${TEXTS[name]}`;
      const script: ModelScript = ({ round }) =>
        round === 0 ? { toolCalls: [{ name: "look", arguments: { text } }] } : { text };
      const look = tool({
        name: "look",
        description: text.slice(0, 200).toWellFormed(),
        parameters: z.object({ text: z.string() }),
        execute: () => text,
      });
      const running = await start({
        assistants: { support: { model: REASONING, instructions: text, tools: [look] } },
        simulator: { script },
      });
      const first = await running.alice.run({ input: text });
      await running.alice.run({ input: text, thread: first.thread });
      await expectAgreement(running);
      for (const { charge, ceiling, facts } of await running.budget.lines()) {
        expect(charge.nano).toBeLessThanOrEqual(ceiling);
        expect(charge.usage.promptTokens).toBeLessThanOrEqual(facts.promptTokens);
      }
    },
  );

  test("hold when turns are dropped and the count no longer applies", async () => {
    const running = await start({
      assistants: { support: { model: PLAIN, maxContextTokens: 700 } },
      simulator: { script: echo() },
    });
    let thread: string | undefined;
    for (let i = 0; i < 25; i++) {
      const input = "Where is my parcel, please? ".repeat(1 + (i % 6));
      const run = await running.alice.run({ input, thread });
      thread = run.thread;
    }
    const { lines, held } = await books(running);
    for (const { charge, facts } of lines)
      expect(charge.usage.promptTokens).toBeLessThanOrEqual(facts.promptTokens);
    expect(held).toBe(0);
    await expectAgreement(running);
  });
});
