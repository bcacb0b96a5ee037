/** No step costs more than was held for it, in conversations of every shape. */
import { createSimulator, type ModelReply } from "@assistants-budget/simulator";
import { expect, test } from "vitest";
import { z } from "zod";
import { createBudget, memory, tool } from "../../src/index.ts";

const look = tool({
  name: "look",
  description: "Looks something up.",
  parameters: z.object({ what: z.string() }),
  execute: ({ what }) => ({ what, found: what.repeat(20) }),
});

/** Text that is dear by the byte: one token a character, or worse. */
const TEXTS = [
  "hello there ",
  "日本語のテキスト",
  "🙂🧵🪡",
  'x"\\\n\t',
  "aGVsbG8gd29ybGQ=",
  "Ünïcödé ",
];

function reply(random: () => number, round: number): ModelReply {
  const reasoningTokens = Math.floor(random() * 300);
  const text = (TEXTS[Math.floor(random() * TEXTS.length)] ?? "").repeat(
    1 + Math.floor(random() * 30),
  );
  if (round > 3 || random() < 0.5) return { text, reasoningTokens };
  const calls = 1 + Math.floor(random() * 3);
  return {
    reasoningTokens,
    toolCalls: Array.from({ length: calls }, () => ({ name: "look", arguments: { what: text } })),
  };
}

test.each([
  ["gpt-6-luna", undefined],
  ["gpt-4.1", undefined],
  ["gpt-6.2-sol", 900],
  ["gpt-5.5", { lastMessages: 4 }],
] as const)("%s, %o", async (model, shape) => {
  const simulator = await createSimulator({
    seed: 11,
    script: (call) => reply(call.random, call.toolOutputsSinceUser.length),
  });
  const budget = createBudget({
    store: memory(),
    apiKey: "any",
    baseURL: simulator.url,
    limits: { run: "unlimited", thread: "unlimited", user: "$100/day" },
    assistants: {
      one: {
        model,
        instructions: "You answer.",
        tools: [look],
        ...(typeof shape === "number" ? { maxContextTokens: shape } : {}),
        ...(typeof shape === "object" ? { truncation: shape } : {}),
      },
    },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const alice = budget.for({ user: "alice" });
  let thread: string | undefined;
  for (let turn = 0; turn < 15; turn++) {
    const input = (TEXTS[turn % TEXTS.length] ?? "").repeat(3 + turn);
    const run = await alice.run({ thread, input });
    thread = run.thread;
  }
  const lines = await budget.lines();
  const invoice = new Map(simulator.invoice().lines.map((line) => [line.responseId, line]));
  for (const { charge, ceiling, overrun, facts } of lines) {
    expect(charge.known).toBe("reported");
    expect(overrun).toBeUndefined();
    expect(charge.nano).toBeLessThanOrEqual(ceiling);
    expect(charge.usage.promptTokens).toBeLessThanOrEqual(facts.promptTokens);
    expect(BigInt(charge.nano)).toBe(invoice.get(charge.responseId ?? "")?.nano);
  }
  expect(lines.length).toBe(invoice.size);
  await budget.close();
  await simulator.close();
});
