import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { byteLength, promptBound } from "../../src/rules/index.ts";

test.each([
  ["", 0],
  ["abc", 3],
  ["é", 2],
  ["€", 3],
  ["😀", 4],
  ["\ud83d", 3],
  ["\ude00\ud83d", 6],
])("byteLength of %j", (text, bytes) => expect(byteLength(text)).toBe(bytes));

test("byteLength agrees with what goes over the wire", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(byteLength(text)).toBe(Buffer.byteLength(text));
    }),
    { seed: 7 },
  );
});

test("promptBound adds 64, and 16 an item and a tool", () => {
  expect(promptBound({ bytes: 0, items: 0, tools: 0 })).toBe(64);
  expect(promptBound({ bytes: 1000, items: 3, tools: 2 })).toBe(1000 + 64 + 48 + 32);
});
