import { describe, expect, test } from "vitest";
import { chargeNano, formatUsd, pricesWith, type Charge } from "../src/pricing.ts";
import { start } from "./running-simulator.ts";

const prices = pricesWith({});
const NO_TOKENS = {
  input: 0,
  cached: 0,
  cacheWrite: 0,
  cacheWrite12h: 0,
  output: 0,
  reasoning: 0,
};

function nano(model: string, usage: Partial<Charge["usage"]>, tier?: Charge["tier"]): bigint {
  const price = prices.get(model);
  if (price === undefined) throw new Error(`no price for ${model}`);
  return chargeNano({ price, tier: tier ?? "default", usage: { ...NO_TOKENS, ...usage } });
}

// $1 for a million tokens is 1,000 nano-dollars a token.
describe("a line of the invoice", () => {
  test("adds input and output", () => {
    // gpt-6.2-sol: 1,000 x 2,000 + 500 x 10,000 = 2,000,000 + 5,000,000
    expect(nano("gpt-6.2-sol", { input: 1000, output: 500 })).toBe(7_000_000n);
  });

  test("takes reasoning as a part of the output, not on top of it", () => {
    // gpt-6.2-sol: 500 x 10,000
    expect(nano("gpt-6.2-sol", { output: 500, reasoning: 400 })).toBe(5_000_000n);
  });

  test("bills cached input at its own rate", () => {
    // gpt-6.2-sol: (2,000 - 1,024) x 2,000 + 1,024 x 100 = 1,952,000 + 102,400
    expect(nano("gpt-6.2-sol", { input: 2000, cached: 1024 })).toBe(2_054_400n);
    // gpt-5.4-pro has no rate for it: 2,000 x 30,000
    expect(nano("gpt-5.4-pro", { input: 2000, cached: 1024 })).toBe(60_000_000n);
  });

  test("bills what is written to the cache, by how long it is kept", () => {
    // gpt-6.2-sol, 30 minutes: 976 x 2,000 + 1,024 x 2,500 = 1,952,000 + 2,560,000
    expect(nano("gpt-6.2-sol", { input: 2000, cacheWrite: 1024 })).toBe(4_512_000n);
    // 12 hours: 976 x 2,000 + 1,024 x 5,000 = 1,952,000 + 5,120,000
    const kept = { input: 2000, cacheWrite: 1024, cacheWrite12h: 1024 };
    expect(nano("gpt-6.2-sol", kept)).toBe(7_072_000n);
    // Read and written at once: 100 x 2,000 + 1,024 x 100 + 896 x 2,500 = 200,000 + 102,400 + 2,240,000
    const both = { input: 2020, cached: 1024, cacheWrite: 896 };
    expect(nano("gpt-6.2-sol", both)).toBe(2_542_400n);
  });

  test("is dearer as a whole above 272,000 input tokens", () => {
    // gpt-5.4 at the boundary: 272,000 x 2,500 + 1,000 x 15,000 = 680,000,000 + 15,000,000
    expect(nano("gpt-5.4", { input: 272_000, output: 1000 })).toBe(695_000_000n);
    // one more: 272,001 x 5,000 + 1,000 x 22,500 = 1,360,005,000 + 22,500,000
    expect(nano("gpt-5.4", { input: 272_001, output: 1000 })).toBe(1_382_505_000n);
    // with a cache: 22,000 x 5,000 + 250,000 x 500 = 110,000,000 + 125,000,000, + 1 x 5,000
    expect(nano("gpt-5.4", { input: 272_001, cached: 250_000 })).toBe(235_005_000n);
    // gpt-6.2-sol, written: 16,001 x 4,000 + 256,000 x 5,000 = 64,004,000 + 1,280,000,000
    expect(nano("gpt-6.2-sol", { input: 272_001, cacheWrite: 256_000 })).toBe(1_344_004_000n);
    // gpt-5.2 has no such step: 300,000 x 1,750
    expect(nano("gpt-5.2", { input: 300_000 })).toBe(525_000_000n);
  });

  test("follows the tier", () => {
    const usage = { input: 2000, cached: 1024, output: 100 };
    // gpt-5.5 plain: 976 x 5,000 + 1,024 x 500 + 100 x 30,000 = 4,880,000 + 512,000 + 3,000,000
    expect(nano("gpt-5.5", usage)).toBe(8_392_000n);
    // flex, 2.5/0.25/15: 976 x 2,500 + 1,024 x 250 + 100 x 15,000 = 2,440,000 + 256,000 + 1,500,000
    expect(nano("gpt-5.5", usage, "flex")).toBe(4_196_000n);
    // priority, 12.5/1.25/75: 976 x 12,500 + 1,024 x 1,250 + 100 x 75,000 = 12,200,000 + 1,280,000 + 7,500,000
    expect(nano("gpt-5.5", usage, "priority")).toBe(20_980_000n);
    // gpt-6.1-sol ultrafast, 12/60, cached 0.60: 976 x 12,000 + 1,024 x 600 + 100 x 60,000
    expect(nano("gpt-6.1-sol", usage, "ultrafast")).toBe(11_712_000n + 614_400n + 6_000_000n);
    // gpt-6.2-sol ultrafast is 3x: 976 x 6,000 + 1,024 x 300 + 100 x 30,000
    expect(nano("gpt-6.2-sol", usage, "ultrafast")).toBe(5_856_000n + 307_200n + 3_000_000n);
    // gpt-4o-mini priority, 0.25/0.125/1: 976 x 250 + 1,024 x 125 + 100 x 1,000
    expect(nano("gpt-4o-mini", usage, "priority")).toBe(244_000n + 128_000n + 100_000n);
    // gpt-5-mini priority, 0.45/0.045/3.6: 976 x 450 + 1,024 x 45 + 100 x 3,600
    expect(nano("gpt-5-mini", usage, "priority")).toBe(439_200n + 46_080n + 360_000n);
    // gpt-5.4 flex has a cached rate of its own, 0.13: 976 x 1,250 + 1,024 x 130 + 100 x 7,500
    expect(nano("gpt-5.4", usage, "flex")).toBe(1_220_000n + 133_120n + 750_000n);
    // gpt-6.2-sol priority, long and written for 12 h: 272,001 x (2,000 x 2.5 x 2 x 2)
    const long = { input: 272_001, cacheWrite: 272_001, cacheWrite12h: 272_001 };
    expect(nano("gpt-6.2-sol", long, "priority")).toBe(272_001n * 20_000n);
  });

  test("is rounded up once, at the end", () => {
    // gpt-5-nano flex: 3 cached x 2.5 nano-dollars = 7.5
    expect(nano("gpt-5-nano", { input: 3, cached: 3 }, "flex")).toBe(8n);
    // and with 1 output x 200: 207.5
    expect(nano("gpt-5-nano", { input: 3, cached: 3, output: 1 }, "flex")).toBe(208n);
    expect(nano("gpt-5-nano", {})).toBe(0n);
  });

  test("is written as dollars without rounding", () => {
    expect(formatUsd(0n)).toBe("0.000000000");
    expect(formatUsd(31_200n)).toBe("0.000031200");
    expect(formatUsd(12_000_000_001n)).toBe("12.000000001");
  });

  test("can be worked out for every model and tier of the price list", () => {
    const usage = {
      input: 300_001,
      cached: 1,
      cacheWrite: 2,
      cacheWrite12h: 1,
      output: 1,
      reasoning: 0,
    };
    for (const price of prices.values()) {
      for (const tier of ["default", ...Object.keys(price.tiers ?? {})] as Charge["tier"][]) {
        expect(chargeNano({ price, tier, usage })).toBeGreaterThan(0n);
      }
    }
    expect(prices.size).toBe(35);
  });
});

describe("the invoice", () => {
  test("has a line for each response that ended, and none for a refused one", async () => {
    const { client, simulator } = await start();
    const { id, usage } = await client.responses.create({
      model: "gpt-6-luna",
      input: "Hello there",
      service_tier: "flex",
      metadata: { run: "r1" },
    });
    await client.responses.create({ model: "none", input: "Hi" }).catch(() => undefined);
    const { lines, total, totalUsd } = simulator.invoice();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      responseId: id,
      model: "gpt-6-luna",
      requestedModel: "gpt-6-luna",
      serviceTier: "flex",
      status: "completed",
      metadata: { run: "r1" },
      usage: { input: usage?.input_tokens, output: usage?.output_tokens },
      // 9 x 50 + 5 x 250 = 450 + 1,250
      nano: 1700n,
    });
    expect([total, totalUsd]).toEqual([1700n, "0.000001700"]);
  });

  test("follows the rates that a test lays over the list", async () => {
    const { client, simulator } = await start({
      prices: { "gpt-6-luna": { output: "1000" }, mine: { input: "3", output: "0.0001" } },
    });
    await client.responses.create({ model: "gpt-6-luna", input: "Hello there" });
    await client.responses.create({ model: "mine", input: "Hello there" });
    // 9 x 100 + 5 x 1,000,000; 9 x 3,000 + 5 x 0.1 = 27,000.5
    expect(simulator.invoice().lines.map((line) => line.nano)).toEqual([5_000_900n, 27_001n]);
    await expect(start({ prices: { other: { input: "1" } } })).rejects.toThrow(RangeError);
    await expect(start({ prices: { other: { input: "1", output: "cheap" } } })).rejects.toThrow(
      "is not a decimal",
    );
  });

  test("is a copy", async () => {
    const { client, simulator } = await start();
    const before = simulator.invoice();
    await client.responses.create({ model: "gpt-6-luna", input: "Hi" });
    expect(before.lines).toHaveLength(0);
    expect(simulator.invoice().lines).toHaveLength(1);
  });
});
