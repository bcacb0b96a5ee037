/** A period that any policy names is counted by every request, whichever limit it meets itself. */
import { longOutput } from "@assistants-budget/simulator";
import { expect, test } from "vitest";
import { LARGE_LIMITS, PLAIN, budgetError, start } from "../running-budget.ts";

test("a route's own period knows what was spent on all other routes", async () => {
  const { alice, budget } = await start({
    limits: LARGE_LIMITS,
    assistants: { support: { model: PLAIN, maxOutputTokens: 300 } },
    simulator: { script: longOutput(300) },
  });
  const weekly = budget.policy({ limits: { user: "$0.001/week" } });
  for (let i = 0; i < 10; i++) {
    await alice.run({ input: "Hello" });
  }
  const lines = await budget.lines();
  expect(lines.reduce((sum, { charge }) => sum + charge.nano, 0)).toBeGreaterThan(1_500_000);
  const error = await budgetError(
    budget.under({ user: "alice" }, [weekly]).run({ input: "Hello" }),
  );
  expect(error.code).toBe("budget_exceeded");
});

test("a route's limit can't be left by giving an inner route a name", async () => {
  const { budget } = await start({ limits: LARGE_LIMITS });
  const api = budget.policy({ name: "api", limits: { route: "1 run/day" } });
  const inner = (name: string) => budget.policy({ name });
  await budget.under({ user: "alice" }, [api, inner("one")]).run({ input: "Hi" });
  const again = budget.under({ user: "alice" }, [api, inner("two")]).run({ input: "Hi" });
  expect((await budgetError(again)).code).toBe("app_budget_exhausted");
});
