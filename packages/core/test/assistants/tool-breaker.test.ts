import { expect, test } from "vitest";
import { toolBreaker } from "../../src/assistants/tool-breaker.ts";

function failing(times: number) {
  const breaker = toolBreaker();
  for (let i = 0; i < times; i++) {
    breaker.report("search", true);
    breaker.roundOver();
  }
  return breaker;
}

test("a tool that fails three times in a row rests for two rounds, and is told of", () => {
  expect(failing(2).resting("search")).toBeUndefined();
  const breaker = failing(3);
  expect(breaker.resting("search")).toContain("search has failed 3 times in a row");
  expect(breaker.resting("fetch")).toBeUndefined();
  breaker.roundOver();
  expect(breaker.resting("search")).toBeDefined();
  breaker.roundOver();
  expect(breaker.resting("search")).toBeUndefined();
});

test("then one call is let through: a failure rests it again, a success forgets all", () => {
  const breaker = failing(3);
  breaker.roundOver();
  breaker.roundOver();
  breaker.report("search", true);
  expect(breaker.resting("search")).toContain("failed 4 times");
  for (let i = 0; i < 3; i++) breaker.roundOver();
  breaker.report("search", false);
  breaker.report("search", true);
  expect(breaker.resting("search")).toBeUndefined();
});

test("a success between forgets the failures before it", () => {
  const breaker = failing(2);
  breaker.report("search", false);
  breaker.report("search", true);
  breaker.report("search", true);
  expect(breaker.resting("search")).toBeUndefined();
});
