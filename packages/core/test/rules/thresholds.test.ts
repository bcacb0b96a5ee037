import { assert, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { type Filling, reachedThresholds } from "../../src/rules/index.ts";

const HALF_MOST_ALL = [500, 800, 1000];
const window = { limit: 1000, exhausted: false, now: 100 } as const;
const reached = (filling: Partial<Filling> & Pick<Filling, "spent">) =>
  reachedThresholds(HALF_MOST_ALL, { ...window, ...filling });

test.for([
  [0, []],
  [499, []],
  [500, [500]],
  [799, [500]],
  [800, [500, 800]],
  [1000, HALF_MOST_ALL],
  [5000, HALF_MOST_ALL],
] as const)("with %i of 1,000 spent: %j", ([spent, expected]) => {
  expect(reached({ spent })).toEqual(expected);
});

test("a part that is no whole unit is reached by the unit above it", () => {
  expect(reachedThresholds([333], { ...window, limit: 10, spent: 3 })).toEqual([]);
  expect(reachedThresholds([333], { ...window, limit: 10, spent: 4 })).toEqual([333]);
});

test("an exhausted window has reached all, whatever is spent in it", () => {
  expect(reached({ spent: 400, exhausted: true })).toEqual(HALF_MOST_ALL);
});

describe("armed", () => {
  const last = { limit: 1000, threshold: 500, at: 0 };

  test("once: what was told is not told again", () => {
    expect(reached({ spent: 700, last })).toEqual([]);
    expect(reached({ spent: 800, last })).toEqual([800]);
  });

  test("again by a raised limit, not by a lowered one", () => {
    expect(reached({ spent: 700, limit: 1001, last })).toEqual([500]);
    expect(reached({ spent: 700, limit: 900, last })).toEqual([]);
  });

  test("again in a rolling window after a period without a notice", () => {
    expect(reached({ spent: 700, last, rollingMs: 100 })).toEqual([500]);
    expect(reached({ spent: 700, last, rollingMs: 101 })).toEqual([]);
  });
});

test("exact up to the largest limit", () => {
  const amounts = integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  assert(
    property(amounts, amounts, integer({ min: 1, max: 1000 }), (limit, spent, threshold) => {
      const isReached = BigInt(spent) * 1000n >= BigInt(limit) * BigInt(threshold);
      const filling = { limit, spent, exhausted: false, now: 0 };
      expect(reachedThresholds([threshold], filling)).toEqual(isReached ? [threshold] : []);
    }),
  );
});
