import { describe, expect, test } from "vitest";
import type { FunctionTool } from "../src/index.ts";
import type { Json } from "../src/json.ts";
import { readItems } from "../src/model/items.ts";
import { buildPrompt, countTool } from "../src/model/prompt.ts";
import { sealReasoning, sealedTokens } from "../src/model/sealed-reasoning.ts";
import { countTokens, fillerText, firstTokens } from "../src/model/tokens.ts";
import { readTools } from "../src/model/tools.ts";
import { seededRandom } from "../src/random.ts";

const ALPHABETS = [
  "abc xyz .,\n",
  "日本語の文章",
  "🦜🏳️‍🌈👩‍👩‍👧",
  "0123456789",
  '\u0000"\\\t<|endoftext|>',
  "éàüñ ",
];

function draw(random: () => number) {
  const below = (most: number): number => Math.floor(random() * most);
  const text = (most: number): string => {
    const letters = Array.from(ALPHABETS[below(ALPHABETS.length)] ?? "");
    return Array.from({ length: below(most) }, () => letters[below(letters.length)]).join("");
  };
  const message = (): Json => ({ role: random() < 0.5 ? "user" : "assistant", content: text(300) });
  const reasoning = (): Json => ({
    type: "reasoning",
    id: "rs_1",
    summary: [],
    encrypted_content: sealReasoning(below(500)),
  });
  const call = (): Json[] => [
    { type: "function_call", call_id: "c", name: "f".concat(text(5)), arguments: text(80) },
    { type: "function_call_output", call_id: "c", output: text(80) },
  ];
  const property = (): Json => {
    const kind = below(4);
    if (kind === 0)
      return { type: "integer", enum: Array.from({ length: below(60) }, () => below(10)) };
    if (kind === 1) return { type: "string", enum: ["", "", "", "a"], description: text(20) };
    if (kind === 2) return { anyOf: [{ type: "string" }, { type: "null" }] };
    return { type: "string", description: text(40) };
  };
  const tool = (): Json => {
    const names = Array.from({ length: below(8) }, (_, index) => `${text(3)}${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, property()]));
    return { type: "function", name: "n", parameters: { type: "object", properties } };
  };
  const many = <T>(most: number, make: () => T): T[] => Array.from({ length: below(most) }, make);
  return {
    instructions: text(200),
    input: [...many(12, message), ...many(3, reasoning), ...many(4, call).flat()],
    tools: many(5, tool),
  };
}

describe("the tokens of a request", () => {
  test("are never more than its bytes, 64, and 16 for each item and tool", () => {
    const random = seededRandom(7);
    for (let round = 0; round < 400; round += 1) {
      const body = draw(random);
      const bytes = Buffer.byteLength(JSON.stringify(body));
      const { tokens } = buildPrompt({
        instructions: body.instructions,
        tools: readTools(body.tools),
        format: undefined,
        items: readItems(body.input, "input", () => undefined),
      });
      const bound = bytes + 64 + 16 * (body.input.length + body.tools.length);
      expect(tokens.length).toBeLessThanOrEqual(bound);
    }
  });

  test("are those of the cookbook's example", () => {
    // "get_current_weather" of the cookbook: 33 for its messages, 68 for its tool, 3 of them for the reply.
    const [tool] = readTools([
      {
        type: "function",
        name: "get_current_weather",
        description: "Get the current weather in a given location",
        parameters: {
          type: "object",
          properties: {
            location: {
              type: "string",
              description: "The city and state, e.g. San Francisco, CA",
            },
            unit: {
              type: "string",
              description: "The unit of temperature to return",
              enum: ["celsius", "fahrenheit"],
            },
          },
          required: ["location"],
        },
      },
    ]);
    expect(countTool(tool as FunctionTool) + 12).toBeGreaterThan(60);
    expect(countTool(tool as FunctionTool) + 12).toBeLessThan(76);
  });
});

describe("text", () => {
  test("of a long run without a break is counted in no time, and of normal words exactly", () => {
    const start = performance.now();
    expect(countTokens("a".repeat(200_000))).toBeGreaterThan(10_000);
    expect(countTokens("👩‍👩‍👧".repeat(10_000))).toBeGreaterThan(10_000);
    expect(performance.now() - start).toBeLessThan(8000);
    expect(countTokens(" word".repeat(5000))).toBe(5000);
  });

  test("may look like a control token", () => {
    expect(countTokens("<|endoftext|>")).toBeGreaterThan(1);
  });

  test("is filled up and cut to the token", () => {
    for (const count of [0, 1, 16, 137, 5000]) {
      expect(countTokens(fillerText(count))).toBe(count);
      expect(countTokens(fillerText(count).trimStart())).toBe(count);
    }
    expect(firstTokens(fillerText(100), 40)).toBe(fillerText(40));
    expect(firstTokens("🦜🦜", 1)).toBe("");
  });

  test("of sealed reasoning says its tokens, and never more than its length", () => {
    for (const count of [0, 1, 64, 5000]) {
      expect(sealedTokens(sealReasoning(count))).toBe(count);
      expect(sealReasoning(count).length).toBeGreaterThanOrEqual(count);
    }
    expect(sealedTokens("foreign")).toBe(7);
  });
});
