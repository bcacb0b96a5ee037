import { describe, expect, test } from "vitest";
import { LoopDetector, loopReport } from "../../../src/rules/loops/index.ts";
import { times } from "./record-all.ts";

describe("options", () => {
  test.each([
    [{ repeats: 1 }, "repeats is 1, but must be a whole number from 2 to 16."],
    [{ repeats: 2.5 }, "repeats is 2.5, but must be a whole number from 2 to 16."],
    [{ maxCycleLength: 0 }, "maxCycleLength is 0, but must be a whole number from 1 to 128."],
    [{ tools: { pay: { maxCalls: 0 } } }, "tools.pay.maxCalls is 0, but must be a whole number"],
  ])("%j is refused", (options, message) => {
    expect(() => new LoopDetector(options)).toThrow(message);
  });
});

describe("loopReport", () => {
  const call = { name: "get_order", arguments: { id: 1 }, output: "not there" };

  test("marks the loops of a stored trace", () => {
    const loop = { kind: "repeat", cycle: 1 };
    expect(loopReport(times(9, call))).toEqual({
      calls: 9,
      found: [
        { at: 2, loop: { ...loop, repeats: 3, action: "warn" } },
        { at: 3, loop: { ...loop, repeats: 4, action: "stop" } },
      ],
      stopAt: 3,
      wasted: 5,
    });
  });

  test("finds nothing in a run without one", () => {
    expect(loopReport([call])).toEqual({ calls: 1, found: [], stopAt: null, wasted: 0 });
  });
});
