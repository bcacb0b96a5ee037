import { EventEmitter, once } from "node:events";
import { describe, expect, test } from "vitest";
import { longOutput } from "../src/index.ts";
import { collect, start } from "./running-simulator.ts";

const REQUEST = { model: "gpt-6-luna", input: "Hi", background: true } as const;

describe("a background response", () => {
  test("is queued, under way, and completed", async () => {
    const gate = new EventEmitter();
    const script = async () => {
      await once(gate, "open");
      return { text: "Hi" };
    };
    const { client, simulator } = await start({ script });
    const { id, status } = await client.responses.create(REQUEST);
    expect(status).toBe("queued");
    expect(await client.responses.retrieve(id)).toMatchObject({
      status: "in_progress",
      output: [],
    });
    gate.emit("open");
    await simulator.idle();
    const done = await client.responses.retrieve(id);
    expect([done.status, done.output_text]).toEqual(["completed", "Hi"]);
  });

  test("is streamed, and its stream taken up again", async () => {
    const { client } = await start();
    const events = await collect(await client.responses.create({ ...REQUEST, stream: true }));
    expect(events[1]?.type).toBe("response.queued");
    const [created] = events;
    const id = created?.type === "response.created" ? created.response.id : "";
    const rest = await client.responses.retrieve(id, { stream: true, starting_after: 3 });
    const types = (await collect(rest)).map((event) => event.type);
    expect(types).toEqual(events.slice(4).map((event) => event.type));
  });

  test("is cancelled: no usage is shown, and what was written is billed", async () => {
    const { client, simulator } = await start({ script: longOutput(2000), chunkDelayMs: 5 });
    const { id } = await client.responses.create(REQUEST);
    await new Promise((resolve) => {
      setTimeout(resolve, 60);
    });
    const cancelled = await client.responses.cancel(id);
    expect(cancelled.status).toBe("cancelled");
    await simulator.idle();
    expect((await client.responses.retrieve(id)).usage).toBeNull();
    const [line] = simulator.invoice().lines;
    expect(line?.status).toBe("cancelled");
    expect(line?.usage.output).toBeGreaterThan(0);
    expect(line?.usage.output).toBeLessThan(2000);
  });

  test("is the only kind that can be cancelled", async () => {
    const { client } = await start();
    const { id } = await client.responses.create({ ...REQUEST, background: false });
    await expect(client.responses.cancel(id)).rejects.toMatchObject({ status: 400 });
  });
});
