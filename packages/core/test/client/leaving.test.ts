/** An app that leaves an answer half-read: the provider bills it all the same, so it is read and settled. */
import type { Fault } from "@assistants-budget/simulator";
import type { OpenAI } from "openai";
import { describe, expect, test, vi } from "vitest";
import { PLAIN, REASONING } from "../running-budget.ts";
import {
  SDKS,
  errorOf,
  expectInvoice,
  say,
  sentTo,
  settled,
  startClient,
} from "./running-client.ts";

const HELLO = { model: REASONING, input: "Where is my parcel?" } as const;
const CHAT = { model: PLAIN, messages: say("Where is my parcel?") };

describe.each(SDKS)("%s: an app that leaves", (_name, SDK) => {
  const slow = { simulator: { chunkDelayMs: 40, script: () => ({ outputTokens: 120 }) } };
  const leave: readonly (readonly [string, (client: OpenAI) => Promise<void>])[] = [
    [
      "a stream by `break`",
      async (client) => {
        for await (const event of await client.responses.create({ ...HELLO, stream: true }))
          if (event.type === "response.output_text.delta") break;
      },
    ],
    [
      "a stream of chunks by `break`",
      async (client) => {
        const stream = await client.chat.completions.create({ ...CHAT, stream: true });
        await leaveAfterOne(stream);
      },
    ],
    [
      "a stream by its signal",
      async (client) => {
        const app = new AbortController();
        const { signal } = app;
        const stream = await client.responses.create({ ...HELLO, stream: true }, { signal });
        for await (const event of stream) {
          if (event.type === "response.output_text.delta") app.abort();
        }
      },
    ],
    [
      "the streaming helper by abort()",
      async (client) => {
        const stream = client.responses.stream(HELLO);
        stream.on("response.output_text.delta", () => stream.abort());
        expect(await errorOf(stream.done())).toBeInstanceOf(SDK.APIUserAbortError);
      },
    ],
    [
      "a call by its signal",
      async (client) => {
        const app = new AbortController();
        setTimeout(() => app.abort(), 300);
        const call = client.responses.create(HELLO, { signal: app.signal });
        expect(await errorOf(call)).toBeInstanceOf(SDK.APIUserAbortError);
      },
    ],
    [
      "a call by its timeout",
      async (client) => {
        const call = client.chat.completions.create(CHAT, { timeout: 300 });
        expect(await errorOf(call)).toBeInstanceOf(SDK.APIConnectionTimeoutError);
      },
    ],
    [
      "the raw response, unread",
      async (client) => {
        const response = await client.responses.create({ ...HELLO, stream: true }).asResponse();
        await response.body?.cancel();
      },
    ],
  ];

  test.each(leave)("%s: the answer is read to its end and settled", async (_, act) => {
    const running = await startClient(SDK, slow);
    await act(running.client);
    expect((await running.store.holds({ expired: false, limit: 9 })).length).toBe(1);
    await settled(running);
    const { invoice } = await expectInvoice(running);
    expect(invoice[0]?.usage.output).toBe(120);
  });

  test("before anything was sent: nothing is held", async () => {
    const running = await startClient(SDK);
    const signal = AbortSignal.abort();
    await errorOf(running.client.responses.create(HELLO, { signal }));
    expect(await settled(running)).toEqual({ lines: [], invoice: [], held: 0 });
    expect(sentTo(running)).toEqual([]);
  });

  test("whose stream then falls silent is not waited for longer than `idleTimeout`", async () => {
    const faults: readonly Fault[] = [{ kind: "silence", afterEvents: 5 }];
    const running = await startClient(SDK, {
      simulator: { faults },
      budget: { idleTimeout: "100ms" },
    });
    await leaveAfterOne(await running.client.responses.create({ ...HELLO, stream: true }));
    await settled(running);
    expect((await expectInvoice(running)).lines).toHaveLength(1);
  });

  test("while its money is being held: released, and nothing is sent", async () => {
    const running = await startClient(SDK);
    const app = new AbortController();
    const reserve = running.store.reserve.bind(running.store);
    vi.spyOn(running.store, "reserve").mockImplementation(async (request) => {
      const reply = await reserve(request);
      if (reply.kind === "held") app.abort();
      return reply;
    });
    const call = running.client.responses.create(HELLO, { signal: app.signal });
    expect(await errorOf(call)).toBeInstanceOf(SDK.APIUserAbortError);
    expect(await settled(running)).toEqual({ lines: [], invoice: [], held: 0 });
    expect(sentTo(running)).toEqual([]);
  });

  test.each([
    [true, expect.stringMatching(/^resp_/)],
    [false, undefined],
  ])("and dies: with store %s the hold says whom to ask", async (store, responseId) => {
    const running = await startClient(SDK, slow);
    await leaveAfterOne(await running.client.responses.create({ ...HELLO, stream: true, store }));
    const [hold] = await running.store.holds({ expired: false, limit: 9 });
    expect(hold?.responseId).toEqual(responseId);
    await settled(running);
  });

  test("closing the budget waits for what the app has left", async () => {
    const running = await startClient(SDK, slow);
    await leaveAfterOne(await running.client.responses.create({ ...HELLO, stream: true }));
    const settle = vi.spyOn(running.store, "settle");
    await running.budget.close({ waitMs: 5000 });
    expect(settle).toHaveBeenCalledTimes(1);
  });
});

async function leaveAfterOne(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const one of stream) if (one) break;
}
