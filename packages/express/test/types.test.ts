/** What the compiler knows. `tsc -b` compiles this file: a line that should fail and does not is an error. */
import type { Request } from "express";
import { expectTypeOf, test } from "vitest";
import { type Assistants, type ExpressOptions, type Run, assistantsBudget } from "../src/index.ts";

test("`req.assistants` is there, and typed, once the package is imported", () => {
  expectTypeOf<Request["assistants"]>().toEqualTypeOf<Assistants>();
  expectTypeOf<ReturnType<Request["assistants"]["run"]>>().toEqualTypeOf<Promise<Run>>();
});

test("a wrong limit does not compile", () => {
  const right: ExpressOptions = {
    limits: {
      user: ["$1/day", "500k tokens/month", "100 runs/hour"],
      run: "$0.10",
      app: "unlimited",
    },
  };
  // @ts-expect-error -- a currency is missing
  const noCurrency: ExpressOptions = { limits: { user: "1/day" } };
  // @ts-expect-error -- there is no such period
  const noPeriod: ExpressOptions = { limits: { user: "$1/fortnight" } };
  // @ts-expect-error -- a number is no limit
  const noText: ExpressOptions = { limits: { user: 1 } };
  // @ts-expect-error -- there is no such option
  const noOption: ExpressOptions = { limit: {} };
  for (const one of [right, noCurrency, noPeriod, noText, noOption])
    expectTypeOf(one).toEqualTypeOf<ExpressOptions>();
});

test("`identify` sees Express's request and gives back an id", () => {
  expectTypeOf(assistantsBudget).toBeCallableWith({ identify: (req) => req.get("x") ?? null });
  expectTypeOf(assistantsBudget).toBeCallableWith({
    identify: async () => ({ id: 7, tenant: "a" }),
  });
  // @ts-expect-error -- true is nobody
  expectTypeOf(assistantsBudget).toBeCallableWith({ identify: () => true });
});
