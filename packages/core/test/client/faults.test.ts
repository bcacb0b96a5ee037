/** What the provider does wrong, by DESIGN's table of how a step ends; the app sees the SDK's own errors. */
import type { Fault } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import { isBudgetError } from "../../src/index.ts";
import { PLAIN, REASONING } from "../running-budget.ts";
import {
  SDKS,
  all,
  errorOf,
  expectInvoice,
  say,
  sentTo,
  settled,
  startClient,
} from "./running-client.ts";

const HELLO = { model: REASONING, input: "Where is my parcel?" } as const;
const CHAT = { model: PLAIN, messages: say("Where is my parcel?") };
const CHAT_PATH = "POST /v1/chat/completions";
const FEW_TOKENS = { max_output_tokens: 64 } as const;

describe.each(SDKS)("%s", (_name, SDK) => {
  const startWith = (faults: readonly Fault[], more: Parameters<typeof startClient>[1] = {}) =>
    startClient(SDK, { ...more, simulator: { faults, ...more.simulator } });

  test("429: released; the SDK's own error", async () => {
    const running = await startWith([{ kind: "rate_limit" }]);
    const error = await errorOf(running.client.responses.create(HELLO));
    expect(error).toBeInstanceOf(SDK.RateLimitError);
    expect(error).toMatchObject({ status: 429, code: "rate_limit_exceeded" });
    expect(isBudgetError(error)).toBe(false);
    expect(await settled(running)).toEqual({ lines: [], invoice: [], held: 0 });
  });

  test("429, then an answer: each attempt is a hold, and the call is one run", async () => {
    const running = await startWith([{ kind: "rate_limit", times: 2 }], {
      sdk: { maxRetries: 2 },
      budget: { limits: { user: ["$1/day", "1 runs/day"], run: "$1" } },
    });
    await running.client.responses.create(HELLO);
    expect(sentTo(running)).toHaveLength(3);
    await expectInvoice(running);
  });

  test("429 of an account without money is not sent again", async () => {
    const running = await startWith([{ kind: "insufficient_quota", times: 9 }], {
      sdk: { maxRetries: 3 },
    });
    const error = await errorOf(running.client.responses.create(HELLO));
    expect(error).toMatchObject({ status: 429, code: "insufficient_quota" });
    expect(sentTo(running)).toHaveLength(1);
  });

  test("500: charged in full, and sent again once at the most, both on one run", async () => {
    const running = await startWith([{ kind: "server_error", times: 9 }], {
      sdk: { maxRetries: 4 },
      budget: { limits: { user: ["$1/day", "1 runs/day"] } },
    });
    const error = await errorOf(running.client.responses.create({ ...HELLO, ...FEW_TOKENS }));
    expect(error).toBeInstanceOf(SDK.InternalServerError);
    const { lines } = await settled(running);
    expect(lines.map(({ charge }) => charge.known)).toEqual(["assumed", "assumed"]);
    expect(lines.map(({ charge, ceiling }) => charge.nano - ceiling)).toEqual([0, 0]);
    expect(new Set(lines.map(({ facts }) => facts.run)).size).toBe(1);
    expect(sentTo(running)).toHaveLength(2);
  });

  test("500 with `on5xx: 'release'`: released", async () => {
    const running = await startWith([{ kind: "server_error", path: CHAT_PATH }], {
      budget: { on5xx: "release" },
    });
    await errorOf(running.client.chat.completions.create(CHAT));
    expect((await settled(running)).lines).toHaveLength(0);
  });

  test("no connection: released, and the SDK says so", async () => {
    const running = await startClient(SDK, { sdk: { baseURL: "http://127.0.0.1:9/v1" } });
    const error = await errorOf(running.client.responses.create(HELLO));
    expect(error).toBeInstanceOf(SDK.APIConnectionError);
    expect((await settled(running)).lines).toEqual([]);
  });

  test("cut before the first byte: charged in full, sent again once at the most", async () => {
    const running = await startWith([{ kind: "cut_before_first_event", times: 9 }], {
      sdk: { maxRetries: 4 },
    });
    const error = await errorOf(running.client.responses.create({ ...HELLO, ...FEW_TOKENS }));
    expect(error).toBeInstanceOf(SDK.APIConnectionError);
    expect(sentTo(running)).toHaveLength(2);
    const { lines, invoice } = await settled(running);
    expect(lines.map(({ charge }) => charge.known)).toEqual(["assumed", "assumed"]);
    expect(billed(lines)).toBeGreaterThanOrEqual(billed(invoice));
  });

  test.each<[string, Fault]>([
    ["cut", { kind: "cut_after_events", events: 4 }],
    ["ended in good order without its last event", { kind: "end_without_terminal" }],
    ["broken in the middle of an event", { kind: "malformed_event" }],
  ])("a stream of a response that is %s: its outcome is asked for", async (_, fault) => {
    const running = await startWith([fault]);
    await all(await running.client.responses.create({ ...HELLO, stream: true })).catch(
      () => undefined,
    );
    await settled(running);
    expect((await expectInvoice(running)).lines).toHaveLength(1);
  });

  test.each<[string, Fault]>([
    ["cut", { kind: "cut_after_events", events: 6, path: CHAT_PATH }],
    [
      "ended in good order without its last event",
      { kind: "end_without_terminal", path: CHAT_PATH },
    ],
  ])("a stream of chunks that is %s: nobody can be asked, so in full", async (_, fault) => {
    const running = await startWith([fault]);
    const stream = running.client.chat.completions.create({
      ...CHAT,
      max_tokens: 99,
      stream: true,
    });
    await all(await stream).catch(() => undefined);
    const { lines, invoice } = await settled(running);
    expect(lines.map(({ charge, ceiling }) => [charge.known, charge.nano - ceiling])).toEqual([
      ["assumed", 0],
    ]);
    expect(billed(lines)).toBeGreaterThanOrEqual(billed(invoice));
  });

  test("a stream that falls silent is given up, and its outcome asked for", async () => {
    const running = await startWith([{ kind: "silence", afterEvents: 4 }], {
      sdk: { timeout: 1000 },
      budget: { idleTimeout: "100ms" },
    });
    const stream = await running.client.responses.create({ ...HELLO, stream: true });
    await errorOf(all(stream)).catch(() => undefined);
    await settled(running);
    expect((await expectInvoice(running)).lines).toHaveLength(1);
  });

  test("an answer that never comes: the SDK's timeout is the app's, the hold is charged in full", async () => {
    const running = await startWith([{ kind: "silence", afterEvents: 0 }], {
      sdk: { timeout: 400 },
      budget: { idleTimeout: "200ms" },
    });
    const error = await errorOf(running.client.responses.create({ ...HELLO, ...FEW_TOKENS }));
    expect(error).toBeInstanceOf(SDK.APIConnectionTimeoutError);
    const { lines } = await settled(running);
    expect(lines.map(({ charge }) => charge.known)).toEqual(["assumed"]);
  });

  test("answers that never come are waited for twice, whatever the SDK's retries", async () => {
    const running = await startWith([{ kind: "silence", afterEvents: 0, times: 9 }], {
      sdk: { timeout: 400, maxRetries: 5 },
      budget: { idleTimeout: "200ms" },
    });
    const error = await errorOf(running.client.responses.create({ ...HELLO, ...FEW_TOKENS }));
    expect(error).toBeInstanceOf(SDK.APIConnectionTimeoutError);
    expect(sentTo(running)).toHaveLength(2);
    await settled(running);
  });

  test("usage that is missing is never guessed in the user's favour", async () => {
    const running = await startWith([
      { kind: "missing_usage" },
      { kind: "missing_usage", path: CHAT_PATH, times: 2 },
    ]);
    await running.client.responses.create({ ...HELLO, ...FEW_TOKENS });
    await running.client.chat.completions.create(CHAT);
    await all(await running.client.chat.completions.create({ ...CHAT, stream: true }));
    const { lines, invoice } = await settled(running);
    expect(lines.map(({ charge }) => charge.known)).toEqual(["assumed", "counted", "counted"]);
    for (const [index, { charge }] of lines.entries())
      expect(charge.nano).toBeGreaterThanOrEqual(Number(invoice[index]?.nano));
  });

  test("a server that ignores the cap: what it used is charged, above the hold", async () => {
    const running = await startWith([{ kind: "exceeds_cap" }], {
      simulator: { script: () => ({ outputTokens: 500 }) },
    });
    await running.client.responses.create({ ...HELLO, ...FEW_TOKENS });
    const { lines } = await expectInvoice(running);
    expect(lines[0]?.charge.nano).toBeGreaterThan(lines[0]?.ceiling ?? Infinity);
  });

  test("a model that answers in another's name: its own price, or the whole hold", async () => {
    const running = await startWith([
      { kind: "unknown_model_answered", model: "gpt-4o" },
      { kind: "unknown_model_answered", model: "nobodys", after: 1 },
    ]);
    await running.client.responses.create({ model: PLAIN, input: "Hi" });
    await running.client.responses.create({ model: PLAIN, input: "Hi", ...FEW_TOKENS });
    const { lines } = await settled(running);
    expect(lines.map(({ charge }) => [charge.known, charge.model])).toEqual([
      ["reported", "gpt-4o"],
      ["assumed", PLAIN],
    ]);
  });

  test("a provider's bad hour: after some failures nothing is sent or held for a while", async () => {
    const running = await startWith([{ kind: "server_error", times: 99 }]);
    for (let calls = 0; calls < 5; calls += 1)
      await errorOf(running.client.responses.create({ ...HELLO, ...FEW_TOKENS }));
    const error = await errorOf(running.client.responses.create(HELLO));
    expect(isBudgetError(error)).toBe(true);
    expect(error).toMatchObject({ code: "provider_unreachable" });
    expect(sentTo(running)).toHaveLength(5);
  });

  test("a store that is away refuses, in our words", async () => {
    const running = await startClient(SDK);
    await running.store.close();
    Object.assign(running.store, { reserve: () => Promise.reject(new Error("gone")) });
    const error = await errorOf(running.client.responses.create(HELLO));
    expect(error).toMatchObject({ code: "store_unavailable", status: 503 });
    expect(sentTo(running)).toEqual([]);
  });
});

function billed(lines: readonly object[]): number {
  return lines.reduce((sum: number, line) => {
    const nano =
      "charge" in line ? (line.charge as { nano: number }).nano : Reflect.get(line, "nano");
    return sum + Number(nano);
  }, 0);
}
