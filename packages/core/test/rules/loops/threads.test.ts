import { describe, expect, test } from "vitest";
import { LoopDetector, type ThreadMemory } from "../../../src/rules/loops/index.ts";

const profile = { name: "get_account", arguments: { id: 7 }, output: '{"id": 7, "plan": "pro"}' };
const failure = (at: number) => ({
  name: "publish_report",
  arguments: { target: "u7", requested_at: `2026-01-0${at + 1}T08:00:00Z` },
  output: `Error: 401 Unauthorized (request ${(at + 11) * 7919}ab)`,
});

describe("runs of a thread", () => {
  test("that fail in the same way are warned of at the third and stopped at the fourth", () => {
    const detector = new LoopDetector();
    const said = Array.from({ length: 5 }, (_, at) => {
      detector.record(profile);
      const loop = detector.record(failure(at));
      detector.nextRun("failed");
      return loop;
    });
    expect(said.slice(0, 2)).toEqual([null, null]);
    const loop = { kind: "across-runs", cycle: 1 };
    expect(said.slice(2)).toEqual([
      { ...loop, repeats: 3, action: "warn" },
      { ...loop, repeats: 4, action: "stop" },
      { ...loop, repeats: 5, action: "stop" },
    ]);
  });

  test("a memory kept as JSON goes on in another process", () => {
    let memory: ThreadMemory | undefined;
    const said = Array.from({ length: 4 }, (_, at) => {
      const detector = new LoopDetector(memory === undefined ? {} : { memory });
      const loop = detector.record(failure(at));
      detector.nextRun("failed");
      const kept = JSON.stringify(detector.memory);
      expect(kept.length).toBeLessThan(200);
      memory = JSON.parse(kept) as ThreadMemory;
      return loop?.action;
    });
    expect(said).toEqual([undefined, undefined, "warn", "stop"]);
  });

  test("a run that goes well clears it, and so may be the same each time", () => {
    const detector = new LoopDetector();
    for (let at = 0; at < 20; at++) {
      expect(detector.record(profile)).toBeNull();
      detector.nextRun(at % 2 === 1 ? "ok" : "failed");
    }
  });

  test("a tool's maxCalls counts anew", () => {
    const detector = new LoopDetector({ tools: { get_account: { maxCalls: 2 } } });
    for (let at = 0; at < 5; at++) {
      expect(detector.record(profile)).toBeNull();
      detector.nextRun("ok");
    }
  });
});
