import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LoopDetector, type ToolCall } from "../../../src/rules/loops/index.ts";
import { each, firstAt, recordAll } from "./record-all.ts";

const seed = 7;
// No verb among them: what a tool's name says is for other tests.
const name = fc.stringMatching(/^tool_q[a-z]{3,8}$/);
const args = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue(), { maxKeys: 4 });

/** The same value, its keys in the other order and with other white space. */
function rearranged(value: unknown): unknown {
  if (typeof value === "string") return ` ${value.replaceAll(" ", " \n\t ")}  `;
  if (Array.isArray(value)) return value.map(rearranged);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, rearranged(one)] as const);
  return Object.fromEntries(entries.toReversed());
}

describe("no false alarm", () => {
  test("on distinct calls with distinct results", () => {
    const property = fc.property(fc.array(fc.tuple(name, args), { maxLength: 120 }), (pairs) => {
      const calls = pairs.map(([tool, given], at) => ({
        name: tool,
        arguments: { ...given, step: at },
        output: `finding ${at} of ${tool}`,
      }));
      expect(recordAll(calls)).toEqual(calls.map(() => null));
    });
    fc.assert(property, { seed, numRuns: 200 });
  });

  test("on distinct calls that are all acknowledged alike", () => {
    const property = fc.property(name, args, fc.integer({ min: 1, max: 200 }), (tool, given, n) => {
      const calls = each(n, (at) => ({
        name: tool,
        arguments: { ...given, item: `item-${at}` },
        output: "ok",
      }));
      expect(recordAll(calls)).toEqual(calls.map(() => null));
    });
    fc.assert(property, { seed, numRuns: 100 });
  });
});

describe("a cycle of equal calls with equal results", () => {
  test("of up to 32 calls is warned of in round `repeats`, not later", () => {
    const length = fc.integer({ min: 1, max: 32 });
    const repeats = fc.integer({ min: 2, max: 5 });
    const prefix = fc.integer({ min: 0, max: 40 });
    const property = fc.property(
      fc.tuple(length, repeats, prefix),
      args,
      ([k, rounds, before], given) => {
        const round = each(k, (at) => ({
          name: `tool_${at % 5}`,
          arguments: { ...given, at },
          output: `what ${at} gave`,
        }));
        const start = each(before, (at) => ({
          name: "start",
          arguments: { at },
          output: `s ${at}`,
        }));
        const calls = [...start, ...Array.from({ length: rounds + 2 }, () => round).flat()];
        const warned = firstAt(calls, "warn", { repeats: rounds });
        expect(warned).toBeGreaterThanOrEqual(before + k);
        expect(warned).toBeLessThan(before + k * rounds);
        expect(firstAt(calls, "stop", { repeats: rounds })).toBeGreaterThan(warned);
      },
    );
    fc.assert(property, { seed, numRuns: 300 });
  });
});

describe("signatures", () => {
  test("neither the order of keys nor white space matters", () => {
    const property = fc.property(name, args, (tool, given) => {
      const calls = each(4, (at) => ({
        name: tool,
        arguments: at % 2 === 0 ? given : rearranged(given),
        output: "yes",
      }));
      expect(firstAt(calls, "stop")).toBe(3);
    });
    fc.assert(property, { seed, numRuns: 300 });
  });
});

const deep = (): unknown => {
  let value: unknown = "end";
  for (let depth = 0; depth < 100_000; depth++) value = depth % 2 ? [value] : { value };
  return value;
};
const cycle = (): unknown => {
  const self: Record<string, unknown> = {};
  self["self"] = [self, self];
  return self;
};
const thrower = (): unknown =>
  Object.defineProperty({}, "a", {
    enumerable: true,
    get: () => {
      throw new Error("no");
    },
  });

describe("hostile input", () => {
  const hostile: readonly (readonly [string, () => unknown])[] = [
    ["a string of 10 MB", () => "ab 1".repeat(2_500_000)],
    ["10 MB of one letter", () => "a".repeat(10_000_000)],
    ["10 MB of quotes", () => "'".repeat(10_000_000)],
    ["10 MB of broken JSON", () => `{"a":${"[".repeat(10_000_000)}`],
    ["a list of a million texts", () => Array.from({ length: 1_000_000 }, () => "some text")],
    [
      "a hole of four billion",
      () => {
        const hole: unknown[] = [];
        hole.length = 2 ** 32 - 1;
        return { hole };
      },
    ],
    ["deep nesting", deep],
    ["a cycle", cycle],
    ["a getter that throws", thrower],
    ["__proto__", () => JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}') as unknown],
    ["lone surrogates", () => "\ud800 \udfff\ud800".repeat(1000)],
    [
      "no JSON",
      () => ({ a: Symbol("a"), b: 10n ** 5000n, c: () => 1, d: undefined, e: Number.NaN }),
    ],
    ["null", () => null],
    ["nothing", () => undefined],
  ];

  test.each(hostile)("%s costs bounded time and never throws", (_, make) => {
    const value = make();
    const detector = new LoopDetector();
    const begin = performance.now();
    for (let at = 0; at < 10; at++) {
      detector.record({ name: "tool", arguments: value, output: value });
      detector.record({ name: "tool", arguments: { value, at }, output: "x" });
    }
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  test("anything at all", () => {
    const property = fc.property(
      fc.array(fc.anything({ withBigInt: true, withMap: true })),
      (all) => {
        const detector = new LoopDetector();
        for (const one of all) {
          const call: ToolCall = { name: typeof one, arguments: one, output: one };
          expect(() => detector.record(call)).not.toThrow();
        }
      },
    );
    fc.assert(property, { seed, numRuns: 300 });
  });

  test("names without end", () => {
    const calls = each(5000, (at) => ({ name: `tool_${at}`, arguments: {}, output: `r ${at}` }));
    expect(firstAt(calls, "warn")).toBe(-1);
  });
});
