/** DESIGN §3, "How a step ends": each row of the table, over the simulator's faults. */
import { type Fault, longOutput } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import {
  LARGE_LIMITS,
  PLAIN,
  REASONING,
  billOf,
  books,
  budgetError,
  callsOf,
  expectAgreement,
  start,
} from "../running-budget.ts";

const HELLO = { input: "Hello" } as const;
const plain = { assistants: { support: { model: PLAIN } } };

describe("a terminal event with usage is settled as reported", () => {
  test("completed", async () => {
    const running = await start();
    const run = await running.alice.run(HELLO);
    expect(run).toMatchObject({ status: "completed", text: "You said: Hello" });
    await expectAgreement(running);
    const { lines } = await books(running);
    expect(run.cost.nano).toBe(lines[0]?.charge.nano);
  });

  test("incomplete: the part that came is kept and charged", async () => {
    const running = await start({
      simulator: { script: longOutput(5_000) },
      assistants: { support: { model: PLAIN, maxOutputTokens: 300 } },
    });
    const run = await running.alice.run(HELLO);
    expect(run).toMatchObject({ status: "incomplete", stop: { reason: "max_output_tokens" } });
    expect(run.usage.completionTokens).toBe(300);
    expect(run.text.length).toBeGreaterThan(500);
    await expectAgreement(running);
  });

  test("failed: what was generated before is charged", async () => {
    const fail = { code: "invalid_prompt", message: "No." };
    const running = await start({
      simulator: { script: () => ({ reasoningTokens: 700, fail }) },
      maxRetries: 2,
    });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error).toMatchObject({ code: "provider_refused", status: 502 });
    expect(callsOf(running.simulator).creates).toBe(1);
    await expectAgreement(running);
  });

  test("failed by the server's own fault: tried once more, on a hold of its own, both charged", async () => {
    const fail = { code: "server_error", message: "Sorry." };
    const running = await start({
      simulator: { script: () => ({ reasoningTokens: 64, fail }) },
      maxRetries: 5,
    });
    await budgetError(running.alice.run(HELLO));
    const { lines } = await books(running);
    expect(new Set(lines.map(({ hold }) => hold)).size).toBe(2);
    await expectAgreement(running);
  });

  test("a model that answers by its dated name is charged by its price", async () => {
    const dated = "gpt-6-luna-2026-09-22";
    const running = await start({ simulator: { snapshots: { "gpt-6-luna": dated } } });
    const run = await running.alice.run(HELLO);
    expect(run.steps[0]?.model).toBe(dated);
    await expectAgreement(running);
  });
});

describe("a refused request is released", () => {
  test.for([
    [{ kind: "rate_limit", retryAfter: 7 }, "provider_rate_limited", 503, "7"],
    [{ kind: "rate_limit" }, "provider_rate_limited", 503, "5"],
    [{ kind: "insufficient_quota" }, "provider_quota_exhausted", 503, undefined],
    [{ kind: "spend_limit" }, "provider_quota_exhausted", 503, undefined],
  ] as const)("%o", async ([fault, code, status, retryAfter]) => {
    const running = await start({ simulator: { faults: [fault] } });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error).toMatchObject({ code, status });
    expect(error.headers["Retry-After"]).toBe(retryAfter);
    expect(await books(running)).toEqual({ lines: [], invoice: [], held: 0 });
    expect(callsOf(running.simulator).creates).toBe(1);
  });

  test("a 400: the provider's own words are the cause, and nothing is tried again", async () => {
    const running = await start({
      maxRetries: 3,
      simulator: { prices: { [REASONING]: { window: 5 } } },
    });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error).toMatchObject({ code: "provider_refused", cause: { status: 400 } });
    expect(callsOf(running.simulator).creates).toBe(1);
    expect(await books(running)).toEqual({ lines: [], invoice: [], held: 0 });
  });

  test("a 429 that asks for a moment is tried again after it, on a new hold", async () => {
    const running = await start({
      maxRetries: 2,
      simulator: { faults: [{ kind: "rate_limit", retryAfter: 0.4 }] },
    });
    const run = await running.alice.run(HELLO);
    expect(run.status).toBe("completed");
    const [first, second] = running.simulator.requests();
    expect((second?.startedAt ?? 0) - (first?.startedAt ?? 0)).toBeGreaterThanOrEqual(400);
    expect(run.steps).toHaveLength(1);
    await expectAgreement(running);
  });

  test("a 429 that asks for a minute is not waited for", async () => {
    const running = await start({
      maxRetries: 2,
      simulator: { faults: [{ kind: "rate_limit", retryAfter: 60 }] },
    });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error.headers["Retry-After"]).toBe("60");
    expect(callsOf(running.simulator).creates).toBe(1);
  });

  test.for([{ kind: "insufficient_quota" }, { kind: "spend_limit" }] as const)(
    "the provider's own empty account is never tried again: %o",
    async (fault) => {
      const running = await start({ maxRetries: 4, simulator: { faults: [fault] } });
      await budgetError(running.alice.run(HELLO));
      expect(callsOf(running.simulator).creates).toBe(1);
    },
  );

  test("a wrong key: refused, and the message shows none of it", async () => {
    const running = await start({
      apiKey: "sk-secret-123456",
      simulator: { apiKey: "sk-right" },
      maxRetries: 3,
    });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error).toMatchObject({ code: "provider_refused", status: 502 });
    expect(error.message).toContain("OPENAI_API_KEY");
    expect(JSON.stringify(error) + error.message).not.toContain("sk-secret");
    expect(await books(running)).toMatchObject({ lines: [], held: 0 });
  });

  test("no connection at all", async () => {
    const closed = await start();
    await closed.simulator.close();
    const error = await budgetError(closed.alice.run(HELLO));
    expect(error).toMatchObject({ code: "provider_unreachable", status: 502 });
    expect(error.message).toContain("ECONNREFUSED");
    expect(error.message).toContain("Nothing was spent");
    expect(await books(closed)).toMatchObject({ lines: [], held: 0 });
  });

  test("no such host", async () => {
    const running = await start({ baseURL: "http://no-such-host.invalid/v1" });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error).toMatchObject({ code: "provider_unreachable" });
    expect(await books(running)).toMatchObject({ lines: [], held: 0 });
  });
});

describe("a 5xx before any event", () => {
  test.for([
    [{ kind: "server_error" }, /status 500/],
    [{ kind: "server_error", billed: true }, /status 500/],
    [{ kind: "overloaded" }, /status 503/],
  ] as const)("is charged in full, for nobody can say: %o", async ([fault, cause]) => {
    const running = await start({ simulator: { faults: [fault] } });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error).toMatchObject({ code: "provider_unreachable" });
    const { lines, invoice, held } = await books(running);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.charge).toMatchObject({ known: "assumed", nano: lines[0]?.ceiling });
    expect(lines[0]?.charge.cause).toMatch(cause);
    expect(lines[0]?.charge.nano).toBeGreaterThanOrEqual(Number(invoice[0]?.nano ?? 0n));
    expect(running.logged.warn.join()).toMatch(/charged as assumed/);
    expect(held).toBe(0);
  });

  test("is released where the app has chosen so", async () => {
    const running = await start({
      on5xx: "release",
      simulator: { faults: [{ kind: "overloaded" }] },
    });
    await budgetError(running.alice.run(HELLO));
    expect(await books(running)).toEqual({ lines: [], invoice: [], held: 0 });
  });

  test("a charged one is tried again once, not more: a bad hour must not eat budgets", async () => {
    const running = await start({
      maxRetries: 5,
      simulator: { faults: [{ kind: "server_error", times: Infinity }] },
    });
    await budgetError(running.alice.run(HELLO));
    expect(callsOf(running.simulator).creates).toBe(2);
    expect((await books(running)).lines).toHaveLength(2);
  });

  test("the second attempt's answer counts, and the run says what both cost", async () => {
    const running = await start({
      maxRetries: 2,
      simulator: { faults: [{ kind: "server_error" }] },
    });
    const run = await running.alice.run(HELLO);
    expect(run.status).toBe("completed");
    expect(run.steps.map(({ known }) => known)).toEqual(["assumed", "reported"]);
    const { lines, invoice } = await books(running);
    expect(run.cost.nano).toBe(lines.reduce((sum, { charge }) => sum + charge.nano, 0));
    expect(billOf(lines).get(invoice[0]?.responseId)).toBe(Number(invoice[0]?.nano));
  });
});

describe("usage is missing", () => {
  const missing: Fault = { kind: "missing_usage", retrieved: true };

  test("of a plain model: counted, and never under what was billed", async () => {
    const running = await start({
      ...plain,
      simulator: { script: longOutput(500), faults: [missing] },
    });
    const run = await running.alice.run(HELLO);
    expect(run.status).toBe("completed");
    const { lines, invoice, held } = await books(running);
    expect(lines[0]?.charge).toMatchObject({
      known: "counted",
      cause: expect.stringContaining("without usage"),
    });
    const nano = lines[0]?.charge.nano ?? 0;
    expect(nano).toBeGreaterThanOrEqual(Number(invoice[0]?.nano));
    expect(nano).toBeLessThanOrEqual(lines[0]?.ceiling ?? 0);
    expect(held).toBe(0);
  });

  test("of a model that may have reasoned: the whole hold", async () => {
    const running = await start({
      simulator: { script: () => ({ text: "Yes.", reasoningTokens: 2_000 }), faults: [missing] },
    });
    await running.alice.run(HELLO);
    const { lines } = await books(running);
    expect(lines[0]?.charge).toMatchObject({ known: "assumed", nano: lines[0]?.ceiling });
  });

  test("of an answer that was cut off: the whole hold", async () => {
    const running = await start({
      ...plain,
      assistants: { support: { model: PLAIN, maxOutputTokens: 300 } },
      simulator: { script: longOutput(5_000), faults: [missing] },
    });
    await running.alice.run(HELLO);
    const { lines } = await books(running);
    expect(lines[0]?.charge).toMatchObject({ known: "assumed", nano: lines[0]?.ceiling });
  });
});

describe("who answers", () => {
  test("a model without a price: the whole hold, with a warning; the answer is kept", async () => {
    const running = await start({
      simulator: { faults: [{ kind: "unknown_model_answered", model: "gpt-9-mystery" }] },
    });
    const run = await running.alice.run(HELLO);
    expect(run.text).toBe("You said: Hello");
    const { lines } = await books(running);
    expect(lines[0]?.charge).toMatchObject({ known: "assumed", nano: lines[0]?.ceiling });
    expect(lines[0]?.charge.cause).toContain("gpt-9-mystery");
    expect(running.logged.warn.join()).toContain("gpt-9-mystery");
  });

  test("another model with a price: charged at that model's, as the provider bills it", async () => {
    const running = await start({
      assistants: { support: { model: "gpt-4o" } },
      simulator: { faults: [{ kind: "unknown_model_answered", model: PLAIN }] },
    });
    await running.alice.run(HELLO);
    expect((await expectAgreement(running)).lines[0]?.charge.model).toBe(PLAIN);
  });
});

describe("a server that ignores the cap", () => {
  test("leaves a line that names the overrun; further reserves are refused; nothing is negative", async () => {
    const running = await start({
      limits: { ...LARGE_LIMITS, user: "$0.002/day" },
      assistants: { support: { model: REASONING, maxOutputTokens: 2_048 } },
      simulator: { script: longOutput(9_000), faults: [{ kind: "exceeds_cap" }] },
    });
    const run = await running.alice.run(HELLO);
    await expectAgreement(running);
    const { lines } = await books(running);
    const { ceiling = 0, overrun, charge } = lines[0] ?? {};
    expect(charge?.nano).toBeGreaterThan(2_000_000);
    expect(overrun).toBe((charge?.nano ?? 0) - ceiling);
    const balance = run.balances.find(({ scope }) => scope === "user");
    expect(balance).toMatchObject({ remaining: "0.00" });
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("budget_exceeded");
    expect(callsOf(running.simulator).creates).toBe(1);
  });
});
