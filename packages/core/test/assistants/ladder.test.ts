/** The rungs, one after the other. */
import { describe, expect, test } from "vitest";
import { ladder } from "../../src/assistants/ladder.ts";
import type { Loop } from "../../src/rules/index.ts";

const loop = (action: Loop["action"], kind: Loop["kind"] = "repeat", repeats = 3): Loop => ({
  kind,
  repeats,
  cycle: kind === "cycle" ? 4 : 1,
  action,
});

describe("the ladder", () => {
  test("tells, takes the tool, takes all tools, stops", () => {
    const { climb, offers, ended } = ladder();
    expect(climb(loop("warn"), "search")).toMatchObject({ kind: "tell" });
    expect([offers("search"), ended()]).toEqual([true, undefined]);
    expect(climb(loop("stop"), "search")).toMatchObject({ kind: "withhold", all: false });
    expect([offers("search"), offers("fetch"), ended()]).toEqual([false, true, undefined]);
    const last = loop("stop", "error", 6);
    expect(climb(last, "fetch")).toMatchObject({ kind: "withhold", all: true });
    expect([offers("fetch"), offers("other"), ended()]).toEqual([false, false, last]);
    expect(climb(loop("stop"), "other")).toMatchObject({ kind: "stop" });
  });

  test("says what was seen, and what can be done", () => {
    const { climb } = ladder();
    const told = climb(loop("warn", "repeat", 3), "search");
    expect(told).toMatchObject({
      note: "[Note: this is the 3rd call of search with the same arguments and the same result. Doing it again will not change that: do something else, or answer with what you know.]",
    });
    const taken = climb(loop("stop", "cycle", 3), "search");
    expect(taken).toMatchObject({
      note: expect.stringContaining("the same 4 calls, search among"),
    });
    expect(taken).toMatchObject({
      note: expect.stringContaining("search can't be called any more"),
    });
    const all = climb(loop("stop", "max-calls", 21), "book");
    expect(all).toMatchObject({ note: expect.stringContaining("Answer now with what you know") });
  });

  test.for([
    ["tell", "warn", "tell"],
    ["tell", "stop", "withhold"],
    ["withhold", "warn", "withhold"],
    ["withhold", "stop", "withhold"],
    ["stop", "warn", "stop"],
    ["stop", "stop", "stop"],
  ] as const)("that begins with %s answers a %s with %s", ([first, action, kind]) => {
    expect(ladder(first).climb(loop(action), "search")).toMatchObject({ kind });
  });

  test("may be a function of the loop, which may let one pass", () => {
    const seen: unknown[] = [];
    const { climb, offers } = ladder(({ kind }, tool) => {
      seen.push([kind, tool]);
      return kind === "polling" ? "ignore" : "stop";
    });
    expect(climb(loop("stop", "polling"), "job")).toBeUndefined();
    expect(offers("job")).toBe(true);
    expect(climb(loop("warn"), "search")).toMatchObject({ kind: "stop" });
    expect(seen).toEqual([
      ["polling", "job"],
      ["repeat", "search"],
    ]);
  });
});
