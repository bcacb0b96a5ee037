import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costOf, NO_USAGE, priceTable, readUsage } from "../../src/rules/index.ts";

const seed = 7;
const sol = priceTable().find("gpt-6.2-sol");
if (!sol) {
  throw new Error("gpt-6.2-sol has no price.");
}

/** How cache writes are read: for 30 minutes, for 12 hours, and the number of doubts. */
function write(details: object, asked = {}): [number | undefined, number | undefined, number] {
  const reading = readUsage(
    { input_tokens: 1000, output_tokens: 0, input_tokens_details: details },
    asked,
  );
  return [
    reading?.usage.cacheWriteTokens,
    reading?.usage.cacheWrite12hTokens,
    reading?.doubts.length ?? -1,
  ];
}

const hundredBy = (part: object): object => ({
  cache_write_tokens: 100,
  cache_write_tokens_details: part,
});

describe("readUsage", () => {
  test("reads all that OpenAI reports", () => {
    expect(
      readUsage({
        input_tokens: 1000,
        input_tokens_details: {
          cached_tokens: 300,
          cache_write_tokens: 200,
          cache_write_tokens_details: { ttl_30m_tokens: 150, ttl_12h_tokens: 50 },
        },
        output_tokens: 100,
        output_tokens_details: { reasoning_tokens: 60 },
        total_tokens: 1100,
      }),
    ).toEqual({
      usage: {
        promptTokens: 1000,
        cachedTokens: 300,
        cacheWriteTokens: 150,
        cacheWrite12hTokens: 50,
        completionTokens: 100,
        reasoningTokens: 60,
        totalTokens: 1100,
      },
      doubts: [],
    });
  });

  test("details may be absent, null or empty, and unknown fields are left alone", () => {
    const plain = { input_tokens: 10, output_tokens: 5 };
    const expected = {
      usage: { ...NO_USAGE, promptTokens: 10, completionTokens: 5, totalTokens: 15 },
      doubts: [],
    };
    for (const more of [
      {},
      { total_tokens: null, input_tokens_details: null, output_tokens_details: null },
      { input_tokens_details: {}, output_tokens_details: {}, novelty: { tokens: 1 } },
      { input_tokens_details: { cached_tokens: null, cache_write_tokens_details: null } },
    ]) {
      expect(readUsage({ ...plain, ...more })).toEqual(expected);
    }
  });

  test("0 is not missing", () => {
    expect(readUsage({ input_tokens: 0, output_tokens: 0, total_tokens: 0 })).toEqual({
      usage: NO_USAGE,
      doubts: [],
    });
  });

  test.each([
    undefined,
    null,
    "usage",
    7,
    [],
    {},
    { input_tokens: 1 },
    { output_tokens: 1 },
    { input_tokens: null, output_tokens: 1 },
    { input_tokens: "1", output_tokens: 1 },
    { input_tokens: -1, output_tokens: 1 },
    { input_tokens: 1.5, output_tokens: 1 },
    { input_tokens: Number.NaN, output_tokens: 1 },
    { input_tokens: 1, output_tokens: Number.POSITIVE_INFINITY },
    { input_tokens: 1, output_tokens: 100_000_001 },
    { input_tokens: 1, output_tokens: 1, total_tokens: -2 },
    { input_tokens: 1, output_tokens: 1, input_tokens_details: 5 },
    { input_tokens: 1, output_tokens: 1, input_tokens_details: { cached_tokens: -1 } },
    { input_tokens: 1, output_tokens: 1, output_tokens_details: { reasoning_tokens: 0.5 } },
  ])("%j is no usage", (reported) => expect(readUsage(reported)).toBeUndefined());

  test("cache writes are split by how long they last", () => {
    expect(write({ cache_write_tokens: 100 })).toEqual([100, 0, 0]);
    expect(write({ cache_write_tokens: 100 }, { cacheTtl12h: true })).toEqual([0, 100, 0]);
    expect(write(hundredBy({ ttl_12h_tokens: 40 }))).toEqual([60, 40, 0]);
    expect(write(hundredBy({ ttl_30m_tokens: 40 }))).toEqual([40, 60, 0]);
    expect(write(hundredBy({ ttl_30m_tokens: 100, ttl_12h_tokens: 0 }))).toEqual([100, 0, 0]);
    expect(write({ cache_write_tokens_details: { ttl_12h_tokens: 7 } })).toEqual([0, 7, 0]);
  });

  test("a split that does not add up is read as the dearer one, with a doubt", () => {
    expect(write(hundredBy({ ttl_30m_tokens: 30, ttl_12h_tokens: 40 }))).toEqual([30, 70, 1]);
    expect(write(hundredBy({ ttl_30m_tokens: 80, ttl_12h_tokens: 40 }))).toEqual([80, 40, 1]);
    expect(write({ cache_write_tokens: 2000 })).toEqual([2000, 0, 1]);
  });

  test("a cache that does not fit into what was sent is billed beside it", () => {
    expect(
      readUsage({
        input_tokens: 100,
        output_tokens: 1,
        input_tokens_details: { cached_tokens: 150 },
      }),
    ).toEqual({
      usage: {
        ...NO_USAGE,
        promptTokens: 250,
        cachedTokens: 150,
        completionTokens: 1,
        totalTokens: 251,
      },
      doubts: ["More tokens were read from and written to the cache (150) than sent (100)."],
    });
  });

  test("a total above the sum counts as output, one below it is ignored", () => {
    expect(readUsage({ input_tokens: 10, output_tokens: 5, total_tokens: 100 })).toEqual({
      usage: { ...NO_USAGE, promptTokens: 10, completionTokens: 90, totalTokens: 100 },
      doubts: ["The total (100) is not the sum of prompt and completion (15)."],
    });
    expect(readUsage({ input_tokens: 10, output_tokens: 5, total_tokens: 3 })).toMatchObject({
      usage: { completionTokens: 5, totalTokens: 15 },
      doubts: ["The total (3) is not the sum of prompt and completion (15)."],
    });
  });

  test("reasoning above the output was reported beside it", () => {
    expect(
      readUsage({
        input_tokens: 10,
        output_tokens: 5,
        total_tokens: 45,
        output_tokens_details: { reasoning_tokens: 30 },
      }),
    ).toEqual({
      usage: {
        ...NO_USAGE,
        promptTokens: 10,
        completionTokens: 35,
        reasoningTokens: 30,
        totalTokens: 45,
      },
      doubts: ["There are more reasoning tokens (30) than output tokens (5)."],
    });
  });
});

describe("for all reports", () => {
  const tokens = fc.nat(1000);
  const maybe = fc.option(tokens, { nil: undefined });
  const report = fc.record({
    input_tokens: tokens,
    output_tokens: tokens,
    total_tokens: fc.option(fc.nat(3000), { nil: undefined }),
    input_tokens_details: fc.option(
      fc.record({
        cached_tokens: maybe,
        cache_write_tokens: maybe,
        cache_write_tokens_details: fc.option(
          fc.record({ ttl_30m_tokens: maybe, ttl_12h_tokens: maybe }),
        ),
      }),
    ),
    output_tokens_details: fc.option(fc.record({ reasoning_tokens: maybe })),
  });

  test("parts stay within their wholes, and nothing reported as a whole is lost", () => {
    fc.assert(
      fc.property(report, (reported) => {
        const usage = readUsage(reported)?.usage ?? NO_USAGE;
        const { cachedTokens, cacheWriteTokens, cacheWrite12hTokens } = usage;
        expect(usage.promptTokens).toBeGreaterThanOrEqual(reported.input_tokens);
        expect(cachedTokens + cacheWriteTokens + cacheWrite12hTokens).toBeLessThanOrEqual(
          usage.promptTokens,
        );
        expect(usage.completionTokens).toBeGreaterThanOrEqual(reported.output_tokens);
        expect(usage.reasoningTokens).toBeLessThanOrEqual(usage.completionTokens);
        expect(usage.totalTokens).toBe(usage.promptTokens + usage.completionTokens);
        expect(usage.totalTokens).toBeGreaterThanOrEqual(reported.total_tokens ?? 0);
      }),
      { seed, numRuns: 2000 },
    );
  });

  test("a doubtful cached count never costs less than none", () => {
    let doubtful = 0;
    fc.assert(
      fc.property(report, (reported) => {
        const reading = readUsage(reported);
        const without = readUsage({
          ...reported,
          input_tokens_details: { ...reported.input_tokens_details, cached_tokens: 0 },
        });
        fc.pre(reading?.doubts.some((one) => one.includes("were read from")) === true);
        doubtful += 1;
        expect(costOf(reading?.usage ?? NO_USAGE, sol)).toBeGreaterThanOrEqual(
          costOf(without?.usage ?? NO_USAGE, sol),
        );
      }),
      { seed, numRuns: 200 },
    );
    expect(doubtful).toBe(200);
  });
});
