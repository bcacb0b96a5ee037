import { describe, expect, test } from "vitest";
import { longOutput, type Fault } from "../src/index.ts";
import { inTurn, start, type Running } from "./running-simulator.ts";

const REQUEST = { model: "gpt-6-luna", input: "Hi" };
const STREAMED = { ...REQUEST, stream: true } as const;

/** What a stream gave before it ended, and how it ended. */
async function readStream({ client }: Running, body: typeof STREAMED = STREAMED) {
  const types: string[] = [];
  const ids: string[] = [];
  try {
    for await (const event of await client.responses.create(body)) {
      types.push(event.type);
      if (event.type === "response.created") ids.push(event.response.id);
    }
    return { types, id: ids[0] ?? "", error: undefined };
  } catch (error) {
    return { types, id: ids[0] ?? "", error };
  }
}

async function billed({ simulator }: Running) {
  await simulator.idle();
  return simulator.invoice().lines;
}

/** Which of so many requests failed. */
function failures({ client }: Running, count: number): Promise<boolean[]> {
  return inTurn([...Array(count).keys()], async (index) => {
    const [outcome] = await Promise.allSettled([
      client.responses.create({ ...REQUEST, input: `number ${index}` }),
    ]);
    return outcome.status === "rejected";
  });
}

function isNumberTwo(body: unknown): boolean {
  return JSON.stringify(body).includes("number 2");
}

describe("faults that refuse", () => {
  test.for([
    [{ kind: "rate_limit" }, 429, "rate_limit_exceeded"],
    [{ kind: "insufficient_quota" }, 429, "insufficient_quota"],
    [{ kind: "spend_limit" }, 429, "project_spend_limit_exceeded"],
    [{ kind: "server_error" }, 500, "server_error"],
    [{ kind: "overloaded" }, 503, "server_is_overloaded"],
  ] as const)("%o: the answer is %i and nothing is billed", async ([fault, status, code]) => {
    const running = await start({ faults: [fault] });
    await expect(running.client.responses.create(REQUEST)).rejects.toMatchObject({ status, code });
    expect(await billed(running)).toHaveLength(0);
    await expect(running.client.responses.create(REQUEST)).resolves.toBeDefined();
  });

  test("rate_limit says when to come back, if it is told", async () => {
    const { client } = await start({ faults: [{ kind: "rate_limit", retryAfter: 1.5 }] });
    const error: unknown = await client.responses
      .create(REQUEST)
      .catch((caught: unknown) => caught);
    const { headers } = error as { headers: Headers };
    expect([headers.get("retry-after"), headers.get("retry-after-ms")]).toEqual(["1.5", "1500"]);
  });

  test("server_error can be billed all the same", async () => {
    const running = await start({ faults: [{ kind: "server_error", billed: true }] });
    await expect(running.client.responses.create(REQUEST)).rejects.toMatchObject({ status: 500 });
    expect(await billed(running)).toHaveLength(1);
  });

  test("refuse_connection takes the socket away", async () => {
    const running = await start({ faults: [{ kind: "refuse_connection" }] });
    await expect(running.client.responses.create(REQUEST)).rejects.toThrow("Connection error");
    expect(await billed(running)).toHaveLength(0);
    const [record] = running.simulator.requests();
    expect(record).toMatchObject({ aborted: false, status: undefined });
  });

  test("retrieve_error hits a retrieve", async () => {
    const { client } = await start({ faults: [{ kind: "retrieve_error" }] });
    const { id } = await client.responses.create(REQUEST);
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 500 });
    await expect(client.responses.retrieve(id)).resolves.toMatchObject({ id });
  });
});

describe("faults that lose the answer", () => {
  test("cut_before_first_event: billed, and no byte arrives", async () => {
    const running = await start({ faults: [{ kind: "cut_before_first_event", times: 2 }] });
    const { types, error } = await readStream(running);
    expect([types, error]).toEqual([[], expect.any(Error)]);
    await expect(running.client.responses.create(REQUEST)).rejects.toThrow("Connection error");
    expect(await billed(running)).toHaveLength(2);
  });

  test("cut_after_events: billed, stored, and the socket is destroyed", async () => {
    const running = await start({ faults: [{ kind: "cut_after_events", events: 3, times: 2 }] });
    const { types, id, error } = await readStream(running);
    expect(types).toHaveLength(3);
    expect(error).toBeInstanceOf(TypeError);
    await expect(running.client.responses.create(REQUEST)).rejects.toBeInstanceOf(Error);
    expect(await billed(running)).toHaveLength(2);
    const stored = await running.client.responses.retrieve(id);
    expect(stored.status).toBe("completed");
  });

  test("silence: billed, and the socket stays open", async () => {
    const running = await start({ faults: [{ kind: "silence", afterEvents: 2, times: 2 }] });
    const gone = new AbortController();
    const stream = await running.client.responses.create(STREAMED, { signal: gone.signal });
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    await events.next();
    const third = events.next();
    const wait = new Promise((resolve) => {
      setTimeout(resolve, 50, "silent");
    });
    expect(await Promise.race([third, wait])).toBe("silent");
    expect(await billed(running)).toHaveLength(1);
    gone.abort();
    const signal = AbortSignal.timeout(300);
    await expect(running.client.responses.create(REQUEST, { signal })).rejects.toBeInstanceOf(
      Error,
    );
    expect(await billed(running)).toHaveLength(2);
  });

  test("end_without_terminal: billed, stored, and the stream ends in good order", async () => {
    const running = await start({ faults: [{ kind: "end_without_terminal", times: 2 }] });
    const { types, id, error } = await readStream(running);
    expect([types.at(-1), error]).toEqual(["response.output_item.done", undefined]);
    await expect(running.client.responses.create(REQUEST)).rejects.toBeInstanceOf(Error);
    expect(await billed(running)).toHaveLength(2);
    await expect(running.client.responses.retrieve(id)).resolves.toMatchObject({
      status: "completed",
    });
  });

  test("malformed_event: billed, and the event is no JSON", async () => {
    const running = await start({ faults: [{ kind: "malformed_event", times: 2 }] });
    const { types, error } = await readStream(running);
    expect([types.length, error]).toEqual([2, expect.any(SyntaxError)]);
    await expect(running.client.responses.create(REQUEST)).rejects.toBeInstanceOf(Error);
    expect(await billed(running)).toHaveLength(2);
  });
});

describe("faults that go together with others", () => {
  test("missing_usage: billed, and known to a retrieve unless it says otherwise", async () => {
    const running = await start();
    const { client, simulator } = running;
    simulator.inject({ kind: "missing_usage" });
    const whole = await client.responses.create(REQUEST);
    expect(whole.usage).toBeNull();
    expect((await client.responses.retrieve(whole.id)).usage?.total_tokens).toBeGreaterThan(0);
    simulator.inject({ kind: "missing_usage", retrieved: true });
    const streamed = await client.responses.stream(REQUEST).finalResponse();
    expect([streamed.status, streamed.usage]).toEqual(["completed", null]);
    expect((await client.responses.retrieve(streamed.id)).usage).toBeNull();
    expect(await billed(running)).toHaveLength(2);
  });

  test("exceeds_cap: the model writes on, and all of it is billed", async () => {
    const running = await start({ script: longOutput(300), faults: [{ kind: "exceeds_cap" }] });
    const body = { ...REQUEST, max_output_tokens: 20 };
    const over = await running.client.responses.create(body);
    expect(over).toMatchObject({ status: "completed", usage: { output_tokens: 300 } });
    const within = await running.client.responses.create(body);
    expect(within.usage?.output_tokens).toBe(20);
  });

  test("unknown_model_answered: billed at the price of the model asked for", async () => {
    const running = await start({ faults: [{ kind: "unknown_model_answered", model: "gpt-x" }] });
    expect((await running.client.responses.create(REQUEST)).model).toBe("gpt-x");
    await running.client.responses.create(REQUEST);
    const [odd, plain] = await billed(running);
    expect(odd).toMatchObject({ model: "gpt-x", requestedModel: REQUEST.model, nano: plain?.nano });
  });

  test("unknown_model_answered: billed at the answering model's price if it has one", async () => {
    const running = await start({
      faults: [{ kind: "unknown_model_answered", model: "gpt-6-astra" }],
    });
    await running.client.responses.create(REQUEST);
    const [line] = await billed(running);
    // 8 x 10,000 + 4 x 50,000
    expect(line).toMatchObject({ usage: { input: 8, output: 4 }, nano: 280_000n });
  });

  test("in_progress_for and early_404: a retrieve after a cut is no answer yet", async () => {
    const running = await start();
    const { client, simulator } = running;
    for (const fault of [
      { kind: "in_progress_for", ms: 600 },
      { kind: "early_404", ms: 250 },
      { kind: "cut_after_events", events: 1 },
    ] as const) {
      simulator.inject(fault);
    }
    const { id } = await readStream(running);
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    const status = async () => {
      const response = await client.responses.retrieve(id).catch(() => undefined);
      return response?.status;
    };
    await expect.poll(status, { interval: 5 }).toBe("in_progress");
    await expect.poll(status, { interval: 5 }).toBe("completed");
  });
});

describe("which request a fault hits", () => {
  test("after, times, match and path choose it", async () => {
    const spaced = await start({ faults: [{ kind: "overloaded", after: 1, times: 2 }] });
    expect(await failures(spaced, 4)).toEqual([false, true, true, false]);
    const matched = await start({ faults: [{ kind: "overloaded", match: isNumberTwo }] });
    expect(await failures(matched, 4)).toEqual([false, false, true, false]);
    const elsewhere = await start({
      faults: [{ kind: "overloaded", path: "POST /v1/conversations" }],
    });
    expect(await failures(elsewhere, 1)).toEqual([false]);
    await expect(elsewhere.client.conversations.create()).rejects.toMatchObject({ status: 503 });
  });

  test("one fault after the other, in the order of their injection", async () => {
    const { client } = await start({ faults: [{ kind: "overloaded" }, { kind: "rate_limit" }] });
    await expect(client.responses.create(REQUEST)).rejects.toMatchObject({ status: 503 });
    await expect(client.responses.create(REQUEST)).rejects.toMatchObject({ status: 429 });
  });

  test("probability draws from the seed", async () => {
    const faults: Fault[] = [{ kind: "overloaded", probability: 0.5, times: Infinity }];
    const [one, same, other] = await Promise.all(
      [1, 1, 2].map(async (seed) => failures(await start({ faults, seed }), 24)),
    );
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
    expect(new Set(one)).toEqual(new Set([true, false]));
  });
});
