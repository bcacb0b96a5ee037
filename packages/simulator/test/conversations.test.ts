import { describe, expect, test } from "vitest";
import { callsTools } from "../src/index.ts";
import { collect, inTurn, start, WEATHER } from "./running-simulator.ts";

const MODEL = "gpt-6-luna";
const said = (text: string) => ({ type: "message" as const, role: "user" as const, content: text });

describe("a conversation", () => {
  test("is made, read, changed and deleted", async () => {
    const { client } = await start();
    const made = await client.conversations.create({ metadata: { user: "u1" } });
    const read = await client.conversations.retrieve(made.id);
    expect(read).toMatchObject({ object: "conversation", metadata: { user: "u1" } });
    const changed = await client.conversations.update(made.id, { metadata: { user: "u2" } });
    expect(changed.metadata).toEqual({ user: "u2" });
    await client.conversations.delete(made.id);
    await expect(client.conversations.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
  });

  test("lists its items newest first, page by page, and takes them out one by one", async () => {
    const { client } = await start();
    const items = ["a", "b", "c"].map(said);
    const { id } = await client.conversations.create({ items });
    await client.conversations.items.create(id, { items: [said("d")] });
    const listed = await collect(client.conversations.items.list(id, { limit: 3 }));
    const texts = listed.map((item) =>
      item.type === "message" && item.content[0]?.type === "input_text" ? item.content[0].text : "",
    );
    expect(texts).toEqual(["d", "c", "b", "a"]);
    const [newest] = listed;
    const itemId = newest?.id ?? "";
    await client.conversations.items.delete(itemId, { conversation_id: id });
    await expect(
      client.conversations.items.retrieve(itemId, { conversation_id: id }),
    ).rejects.toMatchObject({ status: 404 });
  });

  test("takes at most 20 items at once", async () => {
    const { client } = await start();
    const items = Array.from({ length: 21 }, () => said("x"));
    await expect(client.conversations.create({ items })).rejects.toMatchObject({ status: 400 });
    const { id } = await client.conversations.create({ items: items.slice(1) });
    await expect(client.conversations.items.create(id, { items })).rejects.toMatchObject({
      code: "array_above_max_length",
    });
  });

  test("is put before the input, and grows by both when the response is complete", async () => {
    const { client } = await start({ script: ({ items }) => ({ text: `${items.length}` }) });
    const { id } = await client.conversations.create();
    const texts = await inTurn(["One", "Two", "Three"], async (input) => {
      const response = await client.responses.create({ model: MODEL, input, conversation: id });
      return response.output_text;
    });
    expect(texts).toEqual(["1", "3", "5"]);
    await expect(
      client.responses.create({ model: MODEL, input: "x", conversation: "conv_none" }),
    ).rejects.toMatchObject({ status: 404 });
  });

  test("serves one response at a time", async () => {
    const { client } = await start({ latencyMs: 100 });
    const { id } = await client.conversations.create();
    const ask = () => client.responses.create({ model: MODEL, input: "Hi", conversation: id });
    const outcomes = await Promise.allSettled([ask(), ask()]);
    expect(outcomes.map((outcome) => outcome.status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const refused = outcomes.find((outcome) => outcome.status === "rejected");
    expect(refused?.reason).toMatchObject({
      status: 400,
      code: "conversation_locked",
      param: "conversation",
    });
    await expect(ask()).resolves.toMatchObject({ conversation: { id } });
  });

  test("keeps a call whose client has gone, and then wants its output", async () => {
    const { client, simulator } = await start({ script: callsTools({ name: "weather" }) });
    const { id } = await client.conversations.create();
    simulator.inject({ kind: "cut_before_first_event" });
    const body = { model: MODEL, input: "Where?", conversation: id, tools: [WEATHER] };
    await expect(client.responses.create(body)).rejects.toBeInstanceOf(Error);
    await simulator.idle();
    await expect(client.responses.create(body)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("No tool output found for function call") as string,
    });
  });
});
