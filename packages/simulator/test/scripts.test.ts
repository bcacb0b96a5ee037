import { describe, expect, test } from "vitest";
import {
  echo,
  fixed,
  sequence,
  shopAssistant,
  type ModelCall,
  type ModelReply,
} from "../src/index.ts";
import { inTurn, start } from "./running-simulator.ts";

const MODEL = "gpt-6-luna";
const LOOK_UP = {
  type: "function",
  name: "lookUpOrder",
  strict: true,
  parameters: { type: "object", properties: { order: { type: "string" } } },
} as const;

describe("the shop assistant", () => {
  test("answers questions in several sentences, the same ones every time", async () => {
    const { client } = await start({ script: shopAssistant() });
    const ask = async (input: string) => {
      const response = await client.responses.create({ model: MODEL, input });
      return response.output_text;
    };
    const questions = [
      "How can I return shoes?",
      "When will my parcel arrive?",
      "I want to cancel an order",
      "Can I pay by card?",
      "Hello!",
      "What is the meaning of life?",
    ];
    const answers = await Promise.all(questions.map(ask));
    expect(new Set(answers).size).toBe(questions.length);
    for (const answer of answers) expect(answer.split(/[.?!] /).length).toBeGreaterThan(1);
    expect(await Promise.all(questions.map(ask))).toEqual(answers);
    expect(answers[0]).toMatch(/30 days|exchange/);
  });

  test("looks an order up and says what it found", async () => {
    const { client } = await start({ script: shopAssistant() });
    const first = await client.responses.create({
      model: MODEL,
      input: "Where are a-1042 and B-2000?",
      tools: [LOOK_UP],
    });
    const calls = first.output.filter((item) => item.type === "function_call");
    expect(calls.map((call) => call.arguments)).toEqual([
      '{"order":"A-1042"}',
      '{"order":"B-2000"}',
    ]);
    const outputs = [
      '{"status":"on its way","eta":"2026-11-25","items":[{"name":"boots"}]}',
      "lost",
    ];
    const second = await client.responses.create({
      model: MODEL,
      previous_response_id: first.id,
      input: calls.map(({ call_id }, index) => ({
        type: "function_call_output",
        call_id,
        output: outputs[index] ?? "",
      })),
      tools: [LOOK_UP],
    });
    expect(second.output_text).toContain("Your order A-1042 is on its way. It holds boots.");
    expect(second.output_text).toContain("2026-11-25");
    expect(second.output_text).toContain("About B-2000 our system says: lost.");
  });

  test("does without the tool where it is not offered or not allowed", async () => {
    const { client } = await start({ script: shopAssistant() });
    const body = { model: MODEL, input: "Where is my order A-1042?" };
    const bare = await client.responses.create(body);
    const barred = await client.responses.create({
      ...body,
      tools: [LOOK_UP],
      tool_choice: "none",
    });
    expect(bare.output_text.length).toBeGreaterThan(40);
    expect(barred.output_text).toBe(bare.output_text);
  });
});

describe("a script", () => {
  test("is shown the history as the model sees it", async () => {
    const seen: ModelCall[] = [];
    const script = (call: ModelCall): ModelReply => {
      seen.push(call);
      return call.round === 0 ? { toolCalls: [{ name: "lookUpOrder" }] } : { text: "Done." };
    };
    const { client } = await start({ script });
    const body = { model: MODEL, instructions: "Be kind.", tools: [LOOK_UP] };
    const { id, output } = await client.responses.create({ ...body, input: "A-1?" });
    const [item] = output;
    const call_id = item?.type === "function_call" ? item.call_id : "";
    await client.responses.create({
      ...body,
      previous_response_id: id,
      input: [{ type: "function_call_output", call_id, output: "gone" }],
    });
    expect(seen[1]).toMatchObject({
      model: MODEL,
      instructions: "Be kind.",
      lastUserText: "A-1?",
      toolOutputsSinceUser: [{ name: "lookUpOrder", arguments: "{}", output: "gone" }],
      turn: 1,
      round: 1,
      toolChoice: { mode: "auto", names: ["lookUpOrder"] },
    });
    expect(seen[1]?.items.map((entry) => entry.type)).toEqual([
      "message",
      "function_call",
      "function_call_output",
    ]);
  });

  test("can be changed while the simulator runs, and draw numbers from its seed", async () => {
    const { client, simulator } = await start({ script: echo(), seed: 5 });
    const other = await start({ seed: 5 });
    const ask = async (by: typeof client) =>
      (await by.responses.create({ model: MODEL, input: "Hi" })).output_text;
    expect(await ask(client)).toBe("You said: Hi");
    simulator.setScript(fixed("No."));
    expect(await ask(client)).toBe("No.");
    simulator.setScript(({ random }) => ({ text: `${random()}` }));
    other.simulator.setScript(({ random }) => ({ text: `${random()}` }));
    expect(await ask(client)).toBe(await ask(other.client));
  });

  test("of a sequence repeats its last reply", async () => {
    const { client } = await start({ script: sequence([{ text: "One" }, { text: "Two" }]) });
    const texts = await inTurn(["a", "b", "c"], async (input) => {
      const response = await client.responses.create({ model: MODEL, input });
      return response.output_text;
    });
    expect(texts).toEqual(["One", "Two", "Two"]);
  });

  test("may take its time", async () => {
    const { client } = await start({ script: () => ({ text: "Well.", delayMs: 40 }) });
    const begun = performance.now();
    await client.responses.create({ model: MODEL, input: "Hi" });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(38);
  });
});
