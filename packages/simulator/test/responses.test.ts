import { describe, expect, test } from "vitest";
import { fixed, sequence } from "../src/index.ts";
import { collect, inTurn, start } from "./running-simulator.ts";

const MODEL = "gpt-6-luna";

describe("a response", () => {
  test("is answered whole, with its usage and what was asked of it", async () => {
    const { client } = await start();
    const response = await client.responses.create({
      model: MODEL,
      input: "Hello there",
      metadata: { run: "r1" },
      max_output_tokens: 100,
      service_tier: "fast",
    });
    expect(response.output_text).toBe("You said: Hello there");
    expect(response).toMatchObject({
      object: "response",
      status: "completed",
      model: MODEL,
      metadata: { run: "r1" },
      max_output_tokens: 100,
      service_tier: "priority",
      // 3 for the message, 1 for its role, 2 for its text, 3 for the reply.
      usage: { input_tokens: 9, output_tokens: 5, total_tokens: 14 },
    });
  });

  test("streams its events in OpenAI's order, numbered from 0", async () => {
    const { client } = await start({ chunkSize: 10, script: fixed("One two three four.") });
    const stream = await client.responses.create({ model: MODEL, input: "Hi", stream: true });
    const events = await collect(stream);
    expect(events.map((event) => event.type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()]);
  });

  test("passes the SDK's strict stream helper, reasoning and refusals included", async () => {
    const { client, simulator } = await start();
    const replies = [
      { text: "Thought through.", reasoningTokens: 40 },
      { refusal: "I would rather not." },
      { text: "" },
    ];
    const responses = await inTurn(replies, (reply) => {
      simulator.setScript(() => reply);
      return client.responses.stream({ model: MODEL, input: "Hi" }).finalResponse();
    });
    expect(responses).toMatchObject([
      { status: "completed", output_text: "Thought through.", usage: { output_tokens: 43 } },
      { status: "completed", output: [{ content: [{ refusal: "I would rather not." }] }] },
      { status: "completed", output_text: "", usage: { output_tokens: 0 } },
    ]);
    expect(responses[0]?.usage?.output_tokens_details.reasoning_tokens).toBe(40);
  });

  test("fails with its usage when the script says so, or throws", async () => {
    const { client, simulator } = await start();
    simulator.setScript(() => ({ text: "Half", fail: { code: "server_error", message: "broke" } }));
    const failed = await client.responses.create({ model: MODEL, input: "Hi" });
    expect(failed).toMatchObject({ status: "failed", error: { code: "server_error" } });
    expect(failed.usage?.output_tokens).toBe(1);
    simulator.setScript(() => {
      throw new Error("no idea");
    });
    const stream = client.responses.stream({ model: MODEL, input: "Hi" });
    const thrown = await stream.finalResponse();
    expect(thrown.error?.message).toContain("no idea");
  });

  test("can be asked for again, its input listed, and deleted", async () => {
    const { client } = await start();
    const { id } = await client.responses.create({ model: MODEL, input: "Hi" });
    const again = await client.responses.retrieve(id);
    expect(again.output_text).toBe("You said: Hi");
    const items = await client.responses.inputItems.list(id);
    expect(items.data).toMatchObject([{ type: "message", role: "user" }]);
    await client.responses.delete(id);
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  test("is not kept with store: false", async () => {
    const { client } = await start();
    const { id } = await client.responses.create({ model: MODEL, input: "Hi", store: false });
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  test("goes on from an earlier one, whose items are billed again", async () => {
    const { client } = await start({
      script: ({ items, turn }) => ({ text: `${items.length} items, turn ${turn}` }),
    });
    const first = await client.responses.create({ model: MODEL, input: "One" });
    const second = await client.responses.create({
      model: MODEL,
      input: "Two",
      previous_response_id: first.id,
    });
    expect(second.output_text).toBe("3 items, turn 2");
    expect(second.usage?.input_tokens).toBeGreaterThan(first.usage?.total_tokens ?? Infinity);
    await expect(
      client.responses.create({ model: MODEL, input: "Two", previous_response_id: "resp_none" }),
    ).rejects.toMatchObject({ status: 400, code: "previous_response_not_found" });
  });

  test("answers with a dated name where the model has a snapshot", async () => {
    const dated = "gpt-6-luna-2026-09-22";
    const { client, simulator } = await start({ snapshots: { [MODEL]: dated } });
    const byBase = await client.responses.create({ model: MODEL, input: "Hi" });
    const byDate = await client.responses.create({ model: dated, input: "Hi" });
    expect([byBase.model, byDate.model]).toEqual([dated, dated]);
    await expect(start({ snapshots: { none: "none-1" } })).rejects.toThrow(RangeError);
    const [first, second] = simulator.invoice().lines;
    expect(first).toMatchObject({ model: dated, requestedModel: MODEL, nano: second?.nano });
  });

  test("is counted beforehand to the token", async () => {
    const { client } = await start({ script: sequence([{ text: "One" }, { text: "Two" }]) });
    const first = await client.responses.create({ model: MODEL, input: "Hi" });
    const body = {
      model: MODEL,
      instructions: "Be brief.",
      input: "What was that?",
      previous_response_id: first.id,
    };
    const counted = await client.responses.inputTokens.count(body);
    const { usage } = await client.responses.create(body);
    expect(counted.input_tokens).toBe(usage?.input_tokens);
  });

  test("costs no more input than the one before it, what that wrote, and its own bytes", async () => {
    const { client, simulator } = await start();
    simulator.setScript(() => ({ text: "", reasoningTokens: 7 }));
    const first = await client.responses.create({ model: MODEL, input: "Hi" });
    const input = [{ role: "user" as const, content: "x" }];
    const body = { model: MODEL, input, previous_response_id: first.id };
    const second = await client.responses.create(body);
    const bytes = JSON.stringify(body).length + 64 + 16;
    const bound = (first.usage?.total_tokens ?? 0) + bytes;
    expect(second.usage?.input_tokens).toBeLessThanOrEqual(bound);
  });

  test("is parsed by the SDK where the script writes JSON", async () => {
    const { client } = await start({ script: fixed('{"mood":"fine"}') });
    const body = { model: MODEL, input: "Hi" };
    const plain = await client.responses.create(body);
    const schema = { type: "object", properties: { mood: { type: "string" } } };
    const format = { type: "json_schema" as const, name: "mood", schema };
    const formed = await client.responses.parse({ ...body, text: { format } });
    expect(JSON.parse(formed.output_text)).toEqual({ mood: "fine" });
    expect(formed.text?.format).toEqual(format);
    expect(formed.usage?.input_tokens).toBeGreaterThan(plain.usage?.input_tokens ?? Infinity);
  });

  test("lists the models that it prices", async () => {
    const { client } = await start({ prices: { mine: { input: "1", output: "2" } } });
    const models = await collect(client.models.list());
    const names = models.map((model) => model.id);
    expect(names).toEqual(expect.arrayContaining([MODEL, "mine"]));
    await expect(client.models.retrieve("gone")).rejects.toMatchObject({ status: 404 });
  });
});
