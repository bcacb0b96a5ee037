import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatAmount,
  formatLimit,
  InvalidValue,
  type Limit,
  type LimitText,
  parseLimit,
  type Period,
  periodKey,
} from "../../src/rules/index.ts";

const seed = 7;
const HOUR = 3_600_000;
const lifetime: Period = { kind: "lifetime" };
const calendar = (every: Extract<Period, { kind: "calendar" }>["every"]): Period => ({
  kind: "calendar",
  every,
});
const rolling = (ms: number): Period => ({ kind: "rolling", ms });

const examples: readonly [LimitText, Limit][] = [
  ["$5", { unit: "usd", amount: 5e9, period: lifetime, text: "$5.00" }],
  ["$0.10", { unit: "usd", amount: 1e8, period: lifetime, text: "$0.10" }],
  ["$0", { unit: "usd", amount: 0, period: lifetime, text: "$0.00" }],
  ["$1/minute", { unit: "usd", amount: 1e9, period: calendar("minute"), text: "$1.00/minute" }],
  ["$1/day", { unit: "usd", amount: 1e9, period: calendar("day"), text: "$1.00/day" }],
  ["$1000/month", { unit: "usd", amount: 1e12, period: calendar("month"), text: "$1000.00/month" }],
  ["$9/week", { unit: "usd", amount: 9e9, period: calendar("week"), text: "$9.00/week" }],
  ["$9/year", { unit: "usd", amount: 9e9, period: calendar("year"), text: "$9.00/year" }],
  ["$1/24h", { unit: "usd", amount: 1e9, period: rolling(24 * HOUR), text: "$1.00/24h" }],
  ["$1/1d", { unit: "usd", amount: 1e9, period: rolling(24 * HOUR), text: "$1.00/24h" }],
  ["$1/2w", { unit: "usd", amount: 1e9, period: rolling(336 * HOUR), text: "$1.00/14d" }],
  ["$1/90m", { unit: "usd", amount: 1e9, period: rolling(1.5 * HOUR), text: "$1.00/90m" }],
  ["$1/400d", { unit: "usd", amount: 1e9, period: rolling(9600 * HOUR), text: "$1.00/400d" }],
  [
    "500k tokens/month",
    { unit: "tokens", amount: 500_000, period: calendar("month"), text: "500000 tokens/month" },
  ],
  ["2M tokens", { unit: "tokens", amount: 2e6, period: lifetime, text: "2000000 tokens" }],
  ["1.5k tokens", { unit: "tokens", amount: 1500, period: lifetime, text: "1500 tokens" }],
  ["0.0011M tokens", { unit: "tokens", amount: 1100, period: lifetime, text: "1100 tokens" }],
  ["1 token", { unit: "tokens", amount: 1, period: lifetime, text: "1 token" }],
  ["100 runs/hour", { unit: "runs", amount: 100, period: calendar("hour"), text: "100 runs/hour" }],
  ["10 runs/24h", { unit: "runs", amount: 10, period: rolling(24 * HOUR), text: "10 runs/24h" }],
  ["1 run/day", { unit: "runs", amount: 1, period: calendar("day"), text: "1 run/day" }],
  ["0 runs", { unit: "runs", amount: 0, period: lifetime, text: "0 runs" }],
];

describe("parseLimit", () => {
  test.each(examples)("%s", (text, limit) =>
    expect(parseLimit(text, "limits.user")).toEqual(limit),
  );

  test("does not mind white space around it", () => {
    expect(parseLimit("  $1/day\n", "x")).toEqual(parseLimit("$1/day", "x"));
    expect(parseLimit("5  runs", "x").amount).toBe(5);
  });

  test.each([
    "",
    "1 dollar",
    "$1 per day",
    "$1/fortnight",
    "$1/Day",
    "$1 /day",
    "$1/",
    "$1/0h",
    "$1/401d",
    "$1/9601h",
    "$1/1.5h",
    "$1/-1h",
    "$1/30s",
    "$1,000",
    "$1e3",
    "$-1",
    "-1 runs",
    "$1.2.3",
    "$0.0000000001",
    "$9000001/day",
    "1.5 runs",
    "1.0005k tokens",
    "0.0000001M tokens",
    "9007199254740992 tokens",
    "99999999999M tokens",
    "5runs",
    "500K tokens",
    "5 tokens runs",
    "5 steps",
    "5",
    "unlimited",
  ])("refuses %j with its path, the text and what is allowed", (text) => {
    let error: unknown;
    try {
      parseLimit(text, "limits.user[1]");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidValue);
    expect(error).toMatchObject({ path: "limits.user[1]", found: text });
    expect(String(error)).toContain("'$1/day'");
  });

  test("refuses what is no string", () => {
    expect(() => parseLimit(5 as unknown as string, "x")).toThrow(InvalidValue);
    expect(() => parseLimit(undefined as unknown as string, "x")).toThrow(InvalidValue);
  });
});

describe("LimitText", () => {
  test("does not compile for what can't be a limit", () => {
    const wrong: LimitText[] = [
      // @ts-expect-error Dollars are written with their sign.
      "1 dollar",
      // @ts-expect-error The period follows a slash.
      "$1 per day",
      // @ts-expect-error There is no such period.
      "$1/fortnight",
      // @ts-expect-error A rolling period has a unit.
      "$1/5",
      // @ts-expect-error Seconds are too short to count over.
      "$1/30s",
      // @ts-expect-error Thousands have no separator.
      "$1,000",
      // @ts-expect-error A number alone does not say what it counts.
      "5",
      // @ts-expect-error Steps are not counted.
      "5 steps/day",
      // @ts-expect-error Thousands are a small k.
      "5K tokens",
      // @ts-expect-error Dollars are not counted in thousands.
      "$5k",
    ];
    expect(wrong).toHaveLength(10);
  });
});

describe("formatting", () => {
  const period = fc.oneof(
    fc.constant(lifetime),
    fc.constantFrom("minute", "hour", "day", "week", "month", "year").map(calendar),
    fc.integer({ min: 1, max: 400 * 24 * 60 }).map((minutes) => rolling(minutes * 60_000)),
    fc.integer({ min: 1, max: 400 * 24 }).map((hours) => rolling(hours * HOUR)),
    fc.integer({ min: 1, max: 400 }).map((days) => rolling(days * 24 * HOUR)),
  );
  const amount = fc.oneof(
    fc.constantFrom(0, 1, 1000),
    fc.integer({ min: 0, max: 9_000_000 * 1e9 }),
  );

  test("a formatted limit is read back to an equal one", () => {
    fc.assert(
      fc.property(
        fc.record({ unit: fc.constantFrom("usd", "tokens", "runs"), amount, period }),
        (limit) => {
          const text = formatLimit(limit);
          expect(parseLimit(text, "x")).toEqual({ ...limit, text });
        },
      ),
      { seed, numRuns: 1000 },
    );
  });

  test.each([
    [lifetime, "lifetime"],
    [calendar("day"), "day"],
    [calendar("hour"), "hour"],
    [rolling(24 * HOUR), "rolling:86400000"],
    [rolling(60_000), "rolling:60000"],
  ])("%j is %s in a window's key", (of, key) => {
    expect(periodKey(of)).toBe(key);
  });

  test.each([
    ["usd", 1e8, "$0.10"],
    ["usd", -1e7, "-$0.01"],
    ["tokens", 500_000, "500000 tokens"],
    ["runs", 3, "3 runs"],
    ["runs", 1, "1 run"],
    ["runs", 0, "0 runs"],
  ] as const)("%s %d", (unit, of, text) => expect(formatAmount(unit, of)).toBe(text));
});
