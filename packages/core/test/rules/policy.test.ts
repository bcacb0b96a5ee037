import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Limit,
  narrow,
  override,
  parseLimit,
  periodKey,
  type Policy,
} from "../../src/rules/index.ts";

const seed = 7;
const limits = (...texts: string[]): Limit[] => texts.map((text) => parseLimit(text, "x"));
const texts = (policy: Policy, scope: string): string[] | undefined =>
  policy.limits[scope]?.map((limit) => limit.text);

const app: Policy = {
  limits: { user: limits("$1/day", "$10/month"), run: limits("$0.10") },
  model: "gpt-6-luna",
  models: ["gpt-6-luna", "gpt-6-sol"],
  maxSteps: 8,
  name: "app",
};

describe("narrow", () => {
  test("takes the lower of two limits with the same unit and period, and keeps the rest", () => {
    const route: Policy = {
      limits: {
        user: limits("$5/day", "$2/month", "$1/24h", "9 runs/day"),
        route: limits("$50/day"),
      },
    };
    const both = narrow(app, route);
    expect(texts(both, "user")).toEqual(["$1.00/day", "$2.00/month", "$1.00/24h", "9 runs/day"]);
    expect(texts(both, "run")).toEqual(["$0.10"]);
    expect(texts(both, "route")).toEqual(["$50.00/day"]);
  });

  test("takes the lower cap, the inner model and name, and the models that both allow", () => {
    const inner: Policy = {
      limits: {},
      model: "gpt-6-sol",
      models: ["gpt-6.2-sol", "gpt-6-sol"],
      maxSteps: 20,
      deadlineMs: 500,
      name: "chat",
    };
    expect(narrow(app, inner)).toEqual({
      ...app,
      model: "gpt-6-sol",
      models: ["gpt-6-sol"],
      name: "chat",
      deadlineMs: 500,
    });
    expect(narrow(inner, app)).toMatchObject({ maxSteps: 8, model: "gpt-6-luna", name: "app" });
  });

  test("an empty list of models allows none, and an absent one all", () => {
    expect(narrow(app, { limits: {}, models: ["other"] }).models).toEqual([]);
    expect(narrow({ limits: {} }, app).models).toEqual(app.models);
    expect(narrow({ limits: {} }, { limits: {} })).toEqual({ limits: {} });
  });

  test("of a limit stated twice in one policy the lower holds", () => {
    const twice: Policy = { limits: { user: limits("$2/day", "$1/day", "$3/day") } };
    expect(texts(narrow(twice, { limits: {} }), "user")).toEqual(["$1.00/day"]);
    expect(texts(narrow({ limits: {} }, twice), "user")).toEqual(["$1.00/day"]);
    expect(texts(override(app, twice), "user")).toEqual(["$1.00/day", "$10.00/month"]);
  });

  test("a scope may have any name", () => {
    const odd: Policy = { limits: Object.fromEntries([["__proto__", limits("$1")]]) };
    expect(Object.keys(narrow(odd, odd).limits)).toEqual(["__proto__"]);
    expect(narrow(odd, { limits: { constructor: limits("$2") } }).limits["constructor"]).toEqual(
      limits("$2"),
    );
  });
});

describe("override", () => {
  test("replaces what the inner policy names and keeps the rest", () => {
    const route: Policy = {
      limits: { user: limits("$5/day", "9 runs/day"), route: limits("$50/day") },
      models: ["gpt-6.2-sol"],
      maxSteps: 20,
    };
    const both = override(app, route);
    expect(texts(both, "user")).toEqual(["$5.00/day", "$10.00/month", "9 runs/day"]);
    expect(texts(both, "run")).toEqual(["$0.10"]);
    expect(texts(both, "route")).toEqual(["$50.00/day"]);
    expect(both).toMatchObject({ models: ["gpt-6.2-sol"], maxSteps: 20, model: "gpt-6-luna" });
  });
});

/** A policy as a set: what each window and cap allows, in an order of its own. */
function asSet(policy: Policy): unknown {
  const { model: _model, name: _name, models, limits: all, ...caps } = policy;
  return {
    caps,
    models: models?.toSorted(),
    limits: Object.entries(all)
      .map(([scope, some]) => [scope, some.map((one) => one.text).toSorted()] as const)
      .toSorted(([a], [b]) => a.localeCompare(b)),
  };
}

const cap = fc.nat(5);
const anyPolicy: fc.Arbitrary<Policy> = fc
  .record(
    {
      limits: fc.dictionary(
        fc.constantFrom("run", "user", "app", "tenant"),
        fc.array(
          fc
            .tuple(
              fc.constantFrom("$1", "$2", "$3", "4 runs", "5 runs", "6 tokens"),
              fc.constantFrom("", "/day", "/24h", "/month"),
            )
            .map(([amount, period]) => parseLimit(amount + period, "x")),
          { maxLength: 4 },
        ),
      ),
      model: fc.constantFrom("a", "b"),
      models: fc.uniqueArray(fc.constantFrom("a", "b", "c")),
      maxSteps: cap,
      maxContextTokens: cap,
      maxPromptTokens: cap,
      maxCompletionTokens: cap,
      maxOutputTokens: cap,
      deadlineMs: cap,
      name: fc.constantFrom("x", "y"),
    },
    { requiredKeys: ["limits"] },
  )
  .map((policy) => policy);

const CAPS = [
  "maxSteps",
  "maxContextTokens",
  "maxPromptTokens",
  "maxCompletionTokens",
  "maxOutputTokens",
  "deadlineMs",
] as const;

describe("for all policies", () => {
  test("narrow is idempotent, commutative and associative on limits, caps and models", () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, anyPolicy, (a, b, c) => {
        const once = narrow(a, a);
        expect(narrow(once, once)).toEqual(once);
        expect(narrow(once, a)).toEqual(once);
        expect(asSet(narrow(a, b))).toEqual(asSet(narrow(b, a)));
        expect(asSet(narrow(narrow(a, b), c))).toEqual(asSet(narrow(a, narrow(b, c))));
      }),
      { seed, numRuns: 1000 },
    );
  });

  test("narrow raises nothing and forgets nothing", () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, (a, b) => {
        const both = narrow(a, b);
        for (const policy of [a, b]) {
          for (const [scope, some] of Object.entries(policy.limits)) {
            for (const limit of some) {
              const same = both.limits[scope]?.filter(
                (one) =>
                  one.unit === limit.unit && periodKey(one.period) === periodKey(limit.period),
              );
              expect(same).toHaveLength(1);
              expect(same?.[0]?.amount).toBeLessThanOrEqual(limit.amount);
            }
          }
          for (const name of CAPS) {
            expect(both[name] ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(
              policy[name] ?? Number.POSITIVE_INFINITY,
            );
          }
          const beyond = both.models?.filter((model) => policy.models?.includes(model) === false);
          expect(beyond ?? []).toEqual([]);
          expect(both.models === undefined && policy.models !== undefined).toBe(false);
        }
      }),
      { seed, numRuns: 1000 },
    );
  });

  test("override leaves exactly the inner amounts where the inner policy has any", () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, (a, b) => {
        const both = override(a, b);
        expect(asSet(narrow({ limits: {} }, override(both, b)))).toEqual(asSet(both));
        for (const name of CAPS) {
          expect(both[name]).toBe(b[name] ?? a[name]);
        }
      }),
      { seed },
    );
  });
});
