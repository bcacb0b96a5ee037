/** What no simulated provider does, and what therefore is asked of the function itself. */
import { describe, expect, test } from "vitest";
import type { Answered, Ending } from "../../src/assistants/backend.ts";
import { type ChargeTerms, type Held, verdictOf } from "../../src/assistants/charging.ts";
import { memory } from "../../src/index.ts";
import { type PriceOverride, ceilingRates, costOf, priceTable } from "../../src/rules/index.ts";
import { NO_USAGE } from "../../src/rules/usage.ts";
import { expectAgreement, start } from "../running-budget.ts";

const AT = Date.parse("2026-11-22T12:00:00Z");

function held(model: string, { promptTokens = 1_000, outputTokens = 500, ...rest } = {}) {
  const own = "prices" in rest ? (rest.prices as Record<string, PriceOverride>) : {};
  const prices = priceTable(own);
  const price = prices.find(model, AT);
  if (!price) throw new RangeError(`no price for ${model}`);
  const rates = ceilingRates(price, { tier: "default", promptTokens });
  const ceiling = Math.ceil((promptTokens * rates.prompt + outputTokens * rates.completion) / 1000);
  const facts = {
    user: "alice",
    thread: "t",
    run: "r",
    step: "s",
    assistant: "a",
    model,
    tier: "default",
    priceVersion: prices.version,
    promptTokens,
  };
  const terms: ChargeTerms = { prices, price, at: AT, regional: false, on5xx: "charge" };
  const one: Held = { facts, ceiling, outputTokens };
  return { held: one, terms, price };
}

function answer(model: string, change: Partial<Answered> = {}): Answered {
  return {
    kind: "answered",
    status: "completed",
    output: [{ type: "message", content: [{ type: "output_text", text: "Hi" }] }],
    usage: { input_tokens: 100, output_tokens: 50, total_tokens: 150 },
    model,
    tier: "default",
    ...change,
  };
}

function chargeFor(ending: Ending, one: { held: Held; terms: ChargeTerms }) {
  const verdict = verdictOf(ending, one.held, one.terms);
  if (!("charge" in verdict)) throw new Error("released");
  return verdict.charge;
}

describe("usage that is missing", () => {
  test("is counted at the dearest rate that its tokens can have met, cache writes included", () => {
    const dear = { input: "1", cached: "0.1", cacheWrite: "10", output: "1", reasoning: false };
    const one = held("own", { prices: { own: dear } } as object);
    const charge = chargeFor(answer("own", { usage: null }), one);
    const written = {
      ...NO_USAGE,
      promptTokens: 1_000,
      cacheWriteTokens: 1_000,
      totalTokens: 1_000,
    };
    expect(charge.known).toBe("counted");
    expect(charge.nano).toBeGreaterThanOrEqual(costOf(written, one.price));
    expect(charge.nano).toBeLessThanOrEqual(one.held.ceiling);
  });

  test.for<[string, Partial<Answered>]>([
    ["a failed answer", { status: "failed" }],
    ["another model's answer", { model: "gpt-4o" }],
    ["an answer in a tier that nobody knows", { tier: "warp" }],
  ])("of %s is the whole hold", ([, change]) => {
    const one = held("gpt-4o-mini");
    const charge = chargeFor(answer("gpt-4o-mini", { usage: undefined, ...change }), one);
    expect(charge).toMatchObject({ known: "assumed", nano: one.held.ceiling });
  });

  test.for([
    ["negative", { input_tokens: -5, output_tokens: 3 }],
    ["a text", { input_tokens: "12", output_tokens: 3 }],
    ["half a token", { input_tokens: 1.5, output_tokens: 3 }],
    ["not a number", { input_tokens: Number.NaN, output_tokens: 3 }],
    ["beyond all bounds", { input_tokens: 1e300, output_tokens: 3 }],
    ["a list", []],
  ])("a count that can't be one is none: %s", ([, usage]) => {
    expect(chargeFor(answer("gpt-5", { usage }), held("gpt-5")).known).toBe("assumed");
  });
});

describe("who answered, and how", () => {
  test("a dearer tier than asked for is charged at its own price, over the ceiling if need be", () => {
    const one = held("gpt-4.1", { promptTokens: 100, outputTokens: 50 });
    const charge = chargeFor(answer("gpt-4.1", { tier: "priority" }), one);
    expect(charge).toMatchObject({ known: "reported", tier: "priority" });
    expect(charge.nano).toBe(100 * 3_500 + 50 * 14_000);
    expect(charge.nano).toBeGreaterThan(one.held.ceiling);
  });

  test("a cheaper tier that was asked for, and of which the answer says nothing, may have been the usual one", () => {
    const one = held("gpt-5");
    const flex = { ...one.held, facts: { ...one.held.facts, tier: "flex" } };
    const charge = chargeFor(answer("gpt-5", { tier: undefined }), { ...one, held: flex });
    expect(charge.nano).toBe(100 * 1_250 + 50 * 10_000);
    expect(chargeFor(answer("gpt-5", { tier: "flex" }), { ...one, held: flex }).nano).toBe(
      100 * 625 + 50 * 5_000,
    );
  });

  test("a tier that has no name in the price list is never guessed", () => {
    const one = held("gpt-4.1");
    expect(chargeFor(answer("gpt-4.1", { tier: "auto" }), one)).toMatchObject({
      known: "assumed",
      nano: one.held.ceiling,
    });
  });

  test("a server that names no model is charged as the one that was asked", () => {
    expect(chargeFor(answer("gpt-4.1", { model: "" }), held("gpt-4.1")).nano).toBe(
      100 * 2_000 + 50 * 8_000,
    );
  });

  test("`__proto__` is no model", () => {
    expect(chargeFor(answer("__proto__"), held("gpt-4.1")).known).toBe("assumed");
  });

  test("usage that contradicts itself is read at its dearest, and the line says what was odd", () => {
    const usage = { input_tokens: 100, output_tokens: 50, total_tokens: 400 };
    const charge = chargeFor(answer("gpt-4.1", { usage }), held("gpt-4.1"));
    expect(charge.nano).toBe(100 * 2_000 + 300 * 8_000);
    expect(charge.cause).toContain("not the sum");
  });
});

test("another name of the model is charged at the price of the day, like the model itself", async () => {
  const dated = "gpt-5.6-sol-2026-07-30";
  const running = await start({
    store: memory({ clock: () => Date.parse("2026-11-20T12:00:00Z") }),
    assistants: { support: { model: "gpt-5.6-sol" } },
    prices: { [dated]: { aliasOf: "gpt-5.6-sol" } },
    // What it cost until the 21st of November.
    simulator: {
      snapshots: { "gpt-5.6-sol": dated },
      prices: {
        "gpt-5.6-sol": { input: "4", cached: "0.40", write30m: "5", write12h: "10", output: "20" },
      },
    },
  });
  const run = await running.alice.run({ input: "Hello" });
  expect(run.steps[0]?.model).toBe(dated);
  await expectAgreement(running);
});
