import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addNano, formatUsd, InvalidValue, parseUsd, picoToNano } from "../../src/rules/index.ts";

const seed = 7;
const MOST = 9_000_000 * 1e9;

describe("parseUsd", () => {
  test.each([
    ["$0.10", 100_000_000],
    ["0.1", 100_000_000],
    ["$1000", 1_000_000_000_000],
    ["0", 0],
    ["$0.000000001", 1],
    ["$9000000", MOST],
    ["8999999.999999999", MOST - 1],
  ])("%s", (text, nano) => expect(parseUsd(text)).toBe(nano));

  test.each([
    "$1,000",
    "1e3",
    "-1",
    "$-1",
    "",
    "$",
    ".5",
    "5.",
    "1 ",
    "0.0000000001",
    "$9000000.000000001",
    "99999999999999999999",
    "Infinity",
    "$$1",
  ])("refuses %j", (text) => expect(() => parseUsd(text)).toThrow(InvalidValue));

  test("names the path, what was found and what is allowed", () => {
    expect(() => parseUsd("$1,000", "prices.input")).toThrow(
      "prices.input is \"$1,000\", but must be dollars from '$0' to '$9000000' with at most nine decimals, such as '$0.10'.",
    );
  });

  test("refuses what plain JavaScript may pass instead of a string", () => {
    for (const found of [1, null, undefined, 10n, {}]) {
      expect(() => parseUsd(found as string)).toThrow(InvalidValue);
    }
  });
});

describe("formatUsd", () => {
  test.each([
    [100_000_000, "0.10"],
    [5_000_000_000, "5.00"],
    [135_000, "0.000135"],
    [0, "0.00"],
    [-0, "0.00"],
    [-10_000_000, "-0.01"],
    [1, "0.000000001"],
    [MOST - 1, "8999999.999999999"],
    [1_230_000_000, "1.23"],
    [10_000_000_000, "10.00"],
  ])("%d", (nano, text) => expect(formatUsd(nano)).toBe(text));

  test("is read back to the same amount", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MOST }), (nano) => {
        expect(parseUsd(formatUsd(nano))).toBe(nano);
        expect(parseUsd(`$${formatUsd(nano)}`)).toBe(nano);
      }),
      { seed },
    );
  });
});

test("addNano adds and refuses what can't be exact", () => {
  expect(addNano(1, 2)).toBe(3);
  expect(addNano(MOST, -MOST)).toBe(0);
  expect(() => addNano(Number.MAX_SAFE_INTEGER, 1)).toThrow(RangeError);
  expect(() => addNano(0.5, 0)).toThrow(RangeError);
});

describe("picoToNano", () => {
  test.each([
    [0n, 0],
    [1n, 1],
    [999n, 1],
    [1000n, 1],
    [1001n, 2],
    [-1n, 0],
    [-1000n, -1],
    [-1001n, -1],
  ])("%d", (pico, nano) => expect(picoToNano(pico)).toBe(nano));

  test("is the least whole number that is enough", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), (pico) => {
        const nano = BigInt(picoToNano(pico));
        expect(nano * 1000n >= pico && (nano - 1n) * 1000n < pico).toBe(true);
      }),
      { seed },
    );
  });

  test("refuses what can't be exact", () => {
    expect(() => picoToNano(10n ** 20n)).toThrow(RangeError);
  });
});
