/** What docs/operator.md shows, as it is shown. */
import type { AppBudget } from "@assistants-budget/core";

export async function operate(budget: AppBudget): Promise<void> {
  const said = { by: "ana@shop.example", why: "ticket 4711" };

  await budget.operator.setLimits({ user: "alice" }, ["$5/day", "$50/month"], said);
  await budget.operator.credit({ user: "alice" }, "$2/day", said); // two dollars more, today
  await budget.operator.freeze({ tenant: "acme" }, said);
  await budget.operator.unfreeze({ tenant: "acme" }, said);
  await budget.operator.merge("visitor-7", "alice", said); // a visitor has signed in

  const [line] = await budget.lines({ user: "alice" });
  if (line) await budget.operator.correct(line.hold, "0.00", { ...said, why: "refunded" });
  await budget.operator.forget("alice", said);
}
