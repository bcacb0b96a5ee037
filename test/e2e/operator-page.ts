/** What docs/operator.md shows, as it is shown. */
import type { AppBudget } from "@assistants-budget/core";

export async function operate(budget: AppBudget): Promise<void> {
  const reason = { by: "ana@shop.example", why: "ticket 4711" };

  await budget.operator.setLimits({ user: "alice" }, ["$5/day", "$50/month"], reason);
  await budget.operator.credit({ user: "alice" }, "$2/day", reason); // two dollars more, today
  await budget.operator.freeze({ tenant: "acme" }, reason);
  await budget.operator.unfreeze({ tenant: "acme" }, reason);
  await budget.operator.merge("visitor-7", "alice", reason); // a visitor has signed in

  const [line] = await budget.lines({ user: "alice" });
  if (line) await budget.operator.correct(line.hold, "0.00", { ...reason, why: "refunded" });
  await budget.operator.forget("alice", reason);
}
