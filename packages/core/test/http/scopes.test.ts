/** A limit that no request could ever be counted by stops the app at its start. */
import { expect, test } from "vitest";
import { type HttpOptions, createHttpBudget } from "../../src/http/index.ts";
import { memory } from "../../src/index.ts";

const host = { slots: () => [], setHeaders: () => undefined };
const make = (options: HttpOptions<object>) => () =>
  createHttpBudget({ store: memory(), ...options }, host);

test("a scope that nothing names, such as a misspelt one, is refused with its path", () => {
  expect(make({ limits: { usr: "$1/day" } })).toThrow(
    expect.objectContaining({
      code: "invalid_options",
      message: expect.stringMatching(/^limits\.usr: .*correct the scope's name.*run, thread, user/),
    }),
  );
});

test.for<[string, HttpOptions<object>]>([
  ["`identify` may name it", { limits: { tenant: "$1" }, identify: () => "alice" }],
  ["`anonymous` may name it", { limits: { tenant: "$1" }, anonymous: () => "alice" }],
  ["it has no limit", { limits: { tenant: "unlimited" } }],
  ["it is one of ours", { limits: { run: "$1", thread: "$1", user: "$1", app: "$9" } }],
  ["a function of the subject says so", { limits: () => ({ tenant: "$1" }) }],
])("not where %s", ([, options]) => {
  expect(make(options)).not.toThrow();
});
