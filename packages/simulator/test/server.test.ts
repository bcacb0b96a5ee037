import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { createSimulator, longOutput } from "../src/index.ts";
import { start } from "./running-simulator.ts";

const REQUEST = { model: "gpt-6-luna", input: "Hi" };

describe("the server", () => {
  test("bills in full a stream whose client left", async () => {
    const { client, simulator } = await start({ script: longOutput(200), chunkDelayMs: 2 });
    const stream = await client.responses.create({ ...REQUEST, stream: true });
    for await (const event of stream) {
      if (event.type === "response.output_text.delta") break;
    }
    expect(simulator.invoice().lines).toHaveLength(0);
    await simulator.idle();
    const [line] = simulator.invoice().lines;
    expect(line).toMatchObject({ status: "completed", usage: { output: 200 } });
    const stored = await client.responses.retrieve(line?.responseId ?? "");
    expect(stored.usage?.output_tokens).toBe(200);
    expect(simulator.requests()[0]).toMatchObject({ aborted: true, status: 200 });
  });

  test("bills in full a plain request whose client left", async () => {
    const { client, simulator } = await start({ latencyMs: 200 });
    const gone = new AbortController();
    const pending = client.responses.create(REQUEST, { signal: gone.signal });
    const outcome = Promise.allSettled([pending]);
    await expect.poll(() => simulator.requests()[0]?.body).toEqual(REQUEST);
    gone.abort();
    expect(await outcome).toMatchObject([{ status: "rejected" }]);
    await simulator.idle();
    expect(simulator.invoice().lines).toHaveLength(1);
    await expect.poll(() => simulator.requests()[0]?.aborted).toBe(true);
  });

  test("records what it was asked, without the key", async () => {
    const { client, simulator } = await start();
    await client.responses.create(REQUEST);
    const [record] = simulator.requests();
    expect(record).toMatchObject({
      method: "POST",
      path: "/v1/responses",
      body: REQUEST,
      status: 200,
      aborted: false,
    });
    expect(record?.headers["authorization"]).toBeUndefined();
    expect(record?.finishedAt).toBeGreaterThanOrEqual(record?.startedAt ?? Infinity);
  });

  test("closes at once, whatever is under way, and bills none of it", async () => {
    const simulator = await createSimulator({ latencyMs: 60_000 });
    const pending = fetch(`${simulator.url}/responses`, {
      method: "POST",
      headers: { authorization: "Bearer k" },
      body: JSON.stringify(REQUEST),
    });
    await expect.poll(() => simulator.requests()).toHaveLength(1);
    const [outcome] = await Promise.allSettled([pending, simulator.close()]);
    expect(outcome.status).toBe("rejected");
    await simulator.idle();
    expect(simulator.invoice().lines).toHaveLength(0);
    await simulator.close();
  });

  test("bears paths that are none", async () => {
    const { simulator, client } = await start();
    const socket = connect(Number(new URL(simulator.url).port), "127.0.0.1");
    socket.write("GET // HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n\r\n");
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 404/);
    socket.end("no HTTP at all");
    await once(socket, "close");
    await expect(client.responses.create(REQUEST)).resolves.toBeDefined();
  });

  test("ends with the scope that holds it", async () => {
    let url = "";
    {
      await using simulator = await createSimulator();
      url = simulator.url;
    }
    await expect(fetch(url)).rejects.toBeInstanceOf(Error);
  });
});
