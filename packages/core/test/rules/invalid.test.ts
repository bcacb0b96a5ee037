import { expect, test } from "vitest";
import { InvalidValue } from "../../src/rules/index.ts";

test("keeps its parts and tells them in one sentence", () => {
  const found = { limit: "1 dollar" };
  const error = new InvalidValue({ path: "limits.user[0]", found, allowed: "a limit" });
  expect(error).toMatchObject({
    name: "InvalidValue",
    path: "limits.user[0]",
    found,
    allowed: "a limit",
    message: 'limits.user[0] is {"limit":"1 dollar"}, but must be a limit.',
  });
  expect(error).toBeInstanceOf(Error);
});

test("cuts what was found at 80 characters", () => {
  const error = new InvalidValue({ path: "x", found: "y".repeat(200), allowed: "short" });
  expect(error.message).toBe(`x is "${"y".repeat(78)}…, but must be short.`);
  expect(error.found).toHaveLength(200);
});

test.each([
  [undefined, "undefined"],
  [12n, "12"],
  [Number.NaN, "null"],
  [Symbol("s"), "Symbol(s)"],
])("shows %s, which JSON can't", (found, text) => {
  expect(new InvalidValue({ path: "x", found, allowed: "y" }).message).toBe(
    `x is ${text}, but must be y.`,
  );
});

test("survives a cycle", () => {
  const found: { self?: unknown } = {};
  found.self = found;
  expect(new InvalidValue({ path: "x", found, allowed: "y" }).message).toContain("[object Object]");
});
