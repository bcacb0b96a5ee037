import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { admit, type Claim, claimAmount } from "../../src/rules/index.ts";

const seed = 7;
const claim = (part: Partial<Claim>): Claim => ({
  limit: 100,
  spent: 0,
  held: 0,
  fixed: 0,
  perOutput: 0,
  ...part,
});

const fitsIn = (one: Claim, output: number): boolean =>
  one.limit === null || one.spent + one.held + claimAmount(one, output) <= one.limit;

describe("claimAmount", () => {
  test.each([
    [0, 0, 10, 0],
    [1, 0, 10, 1],
    [1000, 0, 10, 1],
    [1001, 0, 10, 2],
    [500, 50, 10, 1],
    [500, 51, 10, 2],
    [1000, 1000, 256, 257],
  ])("%d + %d x %d", (fixed, perOutput, ...[output, amount]) => {
    expect(claimAmount({ fixed, perOutput }, output)).toBe(amount);
  });

  test("is exact on either side of 2^53", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 0, max: 1e12 }),
        fc.integer({ min: 0, max: 1e6 }),
        (fixed, perOutput, output) => {
          const exact = BigInt(fixed) + BigInt(perOutput) * BigInt(output);
          const amount = (exact + 999n) / 1000n;
          fc.pre(amount <= BigInt(Number.MAX_SAFE_INTEGER));
          expect(claimAmount({ fixed, perOutput }, output)).toBe(Number(amount));
        },
      ),
      { seed, numRuns: 2000 },
    );
  });

  test("keeps the last thousandth of a large claim", () => {
    expect(claimAmount({ fixed: 9_007_199_254_740_001, perOutput: 0 }, 0)).toBe(9_007_199_254_741);
  });

  test("refuses what can't be counted", () => {
    expect(() =>
      claimAmount({ fixed: 0, perOutput: Number.MAX_SAFE_INTEGER }, Number.MAX_SAFE_INTEGER),
    ).toThrow(RangeError);
  });
});

describe("admit", () => {
  test("without claims everything fits", () => {
    expect(admit([], { min: 16, max: 4096 })).toEqual({ ok: true, outputTokens: 4096 });
  });

  test("an unlimited window refuses nothing", () => {
    const claims = [claim({ limit: null, spent: 1e15, fixed: 1e15, perOutput: 1e12 })];
    expect(admit(claims, { min: 1, max: 10 })).toEqual({ ok: true, outputTokens: 10 });
  });

  test("the tightest window sizes the output", () => {
    const claims = [
      claim({ limit: 1000, spent: 100, held: 200, fixed: 100_000, perOutput: 2000 }),
      claim({ limit: 500, fixed: 100_000, perOutput: 1000 }),
    ];
    expect(admit(claims, { min: 16, max: 4096 })).toEqual({ ok: true, outputTokens: 300 });
  });

  test("all refuse or none: each window that can't take the least is named", () => {
    const claims = [
      claim({ limit: 1000, perOutput: 1000 }),
      claim({ limit: 100, spent: 90, perOutput: 1000 }),
      claim({ limit: 1, held: 1, fixed: 1000 }),
      claim({ limit: null }),
    ];
    expect(admit(claims, { min: 16, max: 64 })).toEqual({
      ok: false,
      refused: [1, 2],
      fits: [64, 10, 0, 64],
    });
  });

  test("a limit of 0 allows nothing that costs, and a limit met exactly is not exceeded", () => {
    expect(admit([claim({ limit: 0, fixed: 1 })], { min: 0, max: 1 })).toMatchObject({ ok: false });
    expect(admit([claim({ limit: 0 })], { min: 0, max: 1 })).toMatchObject({ ok: true });
    expect(admit([claim({ limit: 10, spent: 9, fixed: 1000 })], { min: 1, max: 1 }).ok).toBe(true);
    expect(admit([claim({ limit: 10, spent: 9, fixed: 1001 })], { min: 1, max: 1 }).ok).toBe(false);
  });

  test("a window above its limit refuses even what is free", () => {
    expect(admit([claim({ limit: 5, spent: 6 })], { min: 0, max: 1 })).toMatchObject({
      ok: false,
      refused: [0],
    });
  });

  test("is exact where limit times a thousand passes 2^53", () => {
    const limit = 9_000_000 * 1e9;
    const base = { limit, spent: limit - 5, perOutput: 1000 };
    expect(admit([claim(base)], { min: 1, max: 100 })).toEqual({ ok: true, outputTokens: 5 });
    expect(admit([claim({ ...base, held: 5 })], { min: 1, max: 100 }).ok).toBe(false);
  });

  test.each([
    { min: 2, max: 1 },
    { min: -1, max: 1 },
    { min: 0.5, max: 1 },
    { min: 0, max: Number.POSITIVE_INFINITY },
  ])("refuses the range %j", (output) => expect(() => admit([], output)).toThrow(RangeError));

  test("agrees with a loop that tries every number", () => {
    const claims = fc.array(
      fc.record({
        limit: fc.option(fc.integer({ min: 0, max: 60 })),
        spent: fc.integer({ min: 0, max: 40 }),
        held: fc.integer({ min: 0, max: 40 }),
        fixed: fc.integer({ min: 0, max: 30_000 }),
        perOutput: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 })),
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(claims, fc.nat(20), fc.nat(40), (all, min, more) => {
        const max = min + more;
        const upTo = Array.from({ length: max + 1 }, (_, output) => output);
        const best = upTo.findLast((n) => n >= min && all.every((one) => fitsIn(one, n)));
        const refused = all.flatMap((one, index) => (fitsIn(one, min) ? [] : [index]));
        expect(admit(all, { min, max })).toEqual(
          refused.length === 0
            ? { ok: true, outputTokens: best }
            : {
                ok: false,
                refused,
                fits: all.map((one) => upTo.findLast((n) => fitsIn(one, n)) ?? 0),
              },
        );
      }),
      { seed, numRuns: 5000 },
    );
  });
});
