/** The same model in the words of Chat Completions, and embeddings; both are on the bill. */
import { describe, expect, test } from "vitest";
import { callsTools } from "../src/index.ts";
import { errorOf, post, start } from "./running-simulator.ts";

const MODEL = "gpt-4o-mini";
const ASK = { model: MODEL, messages: [{ role: "user" as const, content: "Hello there" }] };
const TOOLS = [
  {
    type: "function" as const,
    function: { name: "weather", parameters: { type: "object", properties: {} } },
  },
];

describe("a chat completion", () => {
  test("whole: the answer, its usage, its line on the bill", async () => {
    const { simulator, client } = await start();
    const answer = await client.chat.completions.create(ASK);
    expect(answer).toMatchObject({
      object: "chat.completion",
      model: MODEL,
      choices: [{ message: { content: "You said: Hello there" }, finish_reason: "stop" }],
    });
    const [line] = simulator.invoice().lines;
    expect(line).toMatchObject({ responseId: answer.id, model: MODEL });
    expect(line?.usage).toMatchObject({
      input: answer.usage?.prompt_tokens,
      output: answer.usage?.completion_tokens,
    });
  });

  test("streamed: with usage only where it was asked for", async () => {
    const { client } = await start({ chunkSize: 5 });
    for (const include_usage of [true, false]) {
      const stream_options = { include_usage };
      const stream = await client.chat.completions.create({ ...ASK, stream: true, stream_options });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
      expect(text).toBe("You said: Hello there");
      expect(chunks.some(({ usage }) => usage)).toBe(include_usage);
      expect(chunks.filter((chunk) => "usage" in chunk)).toHaveLength(
        include_usage ? chunks.length : 0,
      );
    }
  });

  test("calls tools, and reads what they gave", async () => {
    const { client } = await start({ script: callsTools([{ name: "weather" }]) });
    const asked = await client.chat.completions.create({ ...ASK, tools: TOOLS });
    const message = asked.choices[0]?.message;
    const [call] = message?.tool_calls ?? [];
    expect(asked.choices[0]?.finish_reason).toBe("tool_calls");
    expect(call).toMatchObject({ type: "function", function: { name: "weather" } });
    if (!message || !call) throw new Error("expected a call");
    const output = { role: "tool" as const, tool_call_id: call.id, content: "rain" };
    const messages = [...ASK.messages, message, output];
    const answer = await client.chat.completions.create({ ...ASK, tools: TOOLS, messages });
    expect(answer.choices[0]?.message.content).toBe("Done: weather gave rain.");
    const streamed = client.chat.completions.stream({ ...ASK, tools: TOOLS });
    const { choices } = await streamed.finalChatCompletion();
    expect(choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: "weather" } });
  });

  test.each([["max_tokens"], ["max_completion_tokens"]])("ends at %s", async (name) => {
    const { client } = await start({ script: () => ({ outputTokens: 200 }) });
    const answer = await client.chat.completions.create({ ...ASK, [name]: 20 });
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(answer.usage?.completion_tokens).toBe(20);
  });

  test.each([
    ["n", { n: 2 }],
    ["dream", { dream: true }],
    ["messages", { messages: [] }],
  ])("refuses %s", async (name, more) => {
    const { simulator } = await start();
    const response = await post(simulator, "/chat/completions", { ...ASK, ...more });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).message).toContain(name);
    expect(simulator.invoice().lines).toEqual([]);
  });
});

describe("embeddings", () => {
  test("a vector for each text, billed by what was sent", async () => {
    const { simulator, client } = await start();
    const call = { model: "text-embedding-3-small", input: ["a lamp", "a table"] };
    const answer = await client.embeddings.create(call);
    expect(answer.data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
    expect(answer.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
    // $0.02 a million.
    expect(simulator.invoice().total).toBe(80n);
    const again = await client.embeddings.create({ ...call, encoding_format: "float" });
    expect([...(again.data[0]?.embedding ?? [])]).toEqual([...(answer.data[0]?.embedding ?? [])]);
  });

  test("of tokens, and of so many dimensions", async () => {
    const { client } = await start();
    const call = { model: "text-embedding-3-large", input: [[1, 2, 3], [4]], dimensions: 3 };
    const answer = await client.embeddings.create(call);
    expect(answer.data.map(({ embedding }) => embedding.length)).toEqual([3, 3]);
    expect(answer.usage.prompt_tokens).toBe(4);
  });

  test("of nothing, or by no model, are refused", async () => {
    const { simulator } = await start();
    const of = (body: object) => post(simulator, "/embeddings", body);
    expect((await of({ model: "text-embedding-3-small", input: "" })).status).toBe(400);
    expect((await of({ model: "none", input: "x" })).status).toBe(404);
  });
});
