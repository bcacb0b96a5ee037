import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addUsage,
  ceilingRates,
  claimAmount,
  costOf,
  NO_USAGE,
  type Price,
  priceTable,
  type Tier,
  type Usage,
} from "../../src/rules/index.ts";
import { PRICES } from "../../src/rules/price-table.ts";

const seed = 7;
const TIERS: readonly Tier[] = ["default", "flex", "priority", "ultrafast"];

function usage(part: Partial<Usage>): Usage {
  const all = { ...NO_USAGE, ...part };
  return { ...all, totalTokens: all.promptTokens + all.completionTokens };
}

function priceOf(model: string): Price {
  const price = priceTable().find(model);
  if (!price) {
    throw new Error(`${model} has no price.`);
  }
  return price;
}

const luna = priceOf("gpt-6-luna");

describe("costOf", () => {
  test("each kind of token at its own rate", () => {
    // 6,000 fresh at 0.10, 3,000 cached at 0.01, 800 and 200 written at 0.125 and 0.25, 500 at 0.50
    const all = usage({
      promptTokens: 10_000,
      cachedTokens: 3000,
      cacheWriteTokens: 800,
      cacheWrite12hTokens: 200,
      completionTokens: 500,
      reasoningTokens: 400,
    });
    expect(costOf(all, luna)).toBe(600_000 + 30_000 + 100_000 + 50_000 + 250_000);
  });

  test("nothing costs nothing, and a part of a nano-dollar a whole one", () => {
    expect(costOf(NO_USAGE, luna)).toBe(0);
    const cheap = priceOf("gpt-5-nano");
    // 5 pico-dollars x 1000 a cached token: 5 nano. One flex token: 2.5, rounded up.
    expect(costOf(usage({ promptTokens: 1, cachedTokens: 1 }), cheap)).toBe(5);
    expect(costOf(usage({ promptTokens: 1, cachedTokens: 1 }), cheap, { tier: "flex" })).toBe(3);
  });

  test("is rounded once, at the end", () => {
    const cheap = priceOf("gpt-5-nano");
    const two = usage({ promptTokens: 1, cachedTokens: 1, completionTokens: 1 });
    // 2.5 + 200 nano-dollars, times 1.1: 222.75
    expect(costOf(two, cheap, { tier: "flex", regional: true })).toBe(223);
  });

  test("one token over 272,000 reprices the whole request", () => {
    const price = priceOf("gpt-5.4");
    const at = usage({ promptTokens: 272_000, cachedTokens: 2000, completionTokens: 1000 });
    expect(costOf(at, price)).toBe(270_000 * 2500 + 2000 * 250 + 1000 * 15_000);
    const over = usage({ promptTokens: 272_001, cachedTokens: 2000, completionTokens: 1000 });
    expect(costOf(over, price)).toBe(270_001 * 5000 + 2000 * 500 + 1000 * 22_500);
  });

  test("a long prompt that is odd in all ways is still exact", () => {
    const price = priceOf("gpt-6-luna");
    const over = usage({ promptTokens: 300_001, completionTokens: 1 });
    // (300,001 x 100,000 x 2 + 500,000 x 1.5) pico-dollars x 1.1 x 1/2
    expect(costOf(over, price, { tier: "flex", regional: true })).toBe(33_000_523);
  });

  test("regional endpoints add a tenth", () => {
    const some = usage({ promptTokens: 1000, completionTokens: 100 });
    expect(costOf(some, luna, { regional: true })).toBe(165_000);
  });

  test("tiers have their own rates; an unknown one costs the dearest", () => {
    const some = usage({ promptTokens: 1000 });
    expect(costOf(some, luna)).toBe(100_000);
    expect(costOf(some, luna, { tier: "flex" })).toBe(50_000);
    expect(costOf(some, luna, { tier: "priority" })).toBe(200_000);
    expect(costOf(some, luna, { tier: "ultrafast" })).toBe(200_000);
  });

  test("parts beyond their whole never make it cheaper than the parts", () => {
    const odd = usage({ promptTokens: 10, cachedTokens: 20 });
    expect(costOf(odd, luna)).toBe(200);
  });

  test("refuses a sum that can't be exact", () => {
    const huge = usage({ promptTokens: 1e15 });
    expect(() => costOf(huge, priceOf("gpt-5.5-pro"))).toThrow(RangeError);
  });
});

describe("ceilingRates", () => {
  test("a cache write is the dearest prompt token, a 12-hour one only if asked for", () => {
    const terms = { tier: "default", promptTokens: 1000 } as const;
    expect(ceilingRates(luna, terms)).toEqual({ prompt: 125_000, completion: 500_000 });
    expect(ceilingRates(luna, { ...terms, cacheTtl12h: true }).prompt).toBe(250_000);
  });

  test("flex may be answered by default, and auto by any tier", () => {
    const promptTokens = 1000;
    const some = ceilingRates(luna, { tier: "default", promptTokens });
    expect(ceilingRates(luna, { tier: "flex", promptTokens })).toEqual(some);
    expect(ceilingRates(luna, { tier: "auto", promptTokens })).toEqual({
      prompt: 250_000,
      completion: 1_000_000,
    });
    expect(ceilingRates(priceOf("gpt-6.1-sol"), { tier: "auto", promptTokens }).completion).toBe(
      60_000_000,
    );
  });

  test("a bound over 272,000 tokens and a regional endpoint make it dearer", () => {
    expect(ceilingRates(luna, { tier: "default", promptTokens: 272_001 })).toEqual({
      prompt: 250_000,
      completion: 750_000,
    });
    expect(ceilingRates(luna, { tier: "default", promptTokens: 272_001, regional: true })).toEqual({
      prompt: 275_000,
      completion: 825_000,
    });
  });

  test("no usage within the bounds costs more than the ceiling, for any model and tier", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({
          price: fc.constantFrom(...PRICES),
          asked: fc.constantFrom<Tier | "auto">(...TIERS, "auto"),
          answered: fc.constantFrom(...TIERS),
          regional: fc.boolean(),
          cacheTtl12h: fc.boolean(),
          promptBound: fc.oneof(fc.nat(1000), fc.nat(1_050_000)),
          completionBound: fc.nat(128_000),
          shares: fc.tuple(share, share, share, share, share),
        }),
        (one) => {
          const { price, asked, regional, cacheTtl12h, shares } = one;
          const tier = asked === "auto" ? one.answered : one.answered === asked ? asked : "default";
          const promptTokens = Math.floor(one.promptBound * shares[0]);
          const cachedTokens = Math.floor(promptTokens * shares[1]);
          const cacheWriteTokens = Math.floor((promptTokens - cachedTokens) * shares[2]);
          const left = promptTokens - cachedTokens - cacheWriteTokens;
          const some = usage({
            promptTokens,
            cachedTokens,
            cacheWriteTokens,
            cacheWrite12hTokens: cacheTtl12h ? Math.floor(left * shares[3]) : 0,
            completionTokens: Math.floor(one.completionBound * shares[4]),
          });
          const rates = ceilingRates(price, {
            tier: asked,
            regional,
            cacheTtl12h,
            promptTokens: one.promptBound,
          });
          const ceiling = claimAmount(
            { fixed: one.promptBound * rates.prompt, perOutput: rates.completion },
            one.completionBound,
          );
          expect(costOf(some, price, { tier, regional })).toBeLessThanOrEqual(ceiling);
        },
      ),
      { seed, numRuns: 5000 },
    );
  });
});

test("addUsage adds every part", () => {
  const one = usage({
    promptTokens: 10,
    cachedTokens: 1,
    cacheWriteTokens: 2,
    cacheWrite12hTokens: 3,
    completionTokens: 4,
    reasoningTokens: 2,
  });
  expect(addUsage(one, NO_USAGE)).toEqual(one);
  expect(addUsage(one, one)).toEqual(
    Object.fromEntries(Object.entries(one).map(([name, tokens]) => [name, tokens * 2])),
  );
});
