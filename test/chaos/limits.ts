/** Limits on everything at once, so narrow that each of them refuses often. */
import type { LimitText, LimitsOption } from "@assistants-budget/core";
import type { Plan } from "./plan.ts";

/** What a step costs, and what a run has on hold: dollars, on the average. */
const STEP = 0.000_12;
const HELD = 0.0004;

export function limitsOf(plan: Plan): LimitsOption {
  const { processes, runsAtOnce, users, tenants, ms, pauseMs } = plan;
  const runs = processes * runsAtOnce;
  // If nothing refused.
  const spent = (STEP * runs * ms) / (pauseMs / 2 + 600);
  const aMinute = spent * Math.min(1, 60_000 / ms);
  const held = HELD * runs;
  const limits: Record<keyof LimitsOption, LimitText | readonly LimitText[]> = {
    run: "$0.0006",
    thread: "$0.001",
    // Some users are drawn far more often than others: those run out, the others do not.
    user: `$${money((spent * 0.4 + held) / users)}/day`,
    tenant: [
      `$${money((spent * 0.4 + held * 0.8) / tenants)}/day`,
      `$${money((aMinute * 0.3 + held * 0.6) / tenants)}/1m`,
    ],
    app: [`$${money(spent * 0.5 + held)}/day`, `$${money(aMinute * 0.3 + held * 0.4)}/minute`],
  };
  return limits;
}

/** To the nano-dollar. */
function money(usd: number): number {
  return Number(usd.toFixed(9));
}

/** The same limits, so wide that nothing refuses: for the turns after the storm. */
export const WIDE: LimitsOption = {
  run: "$10",
  thread: "$1000",
  user: "$100000/day",
  tenant: "$100000/day",
  app: "$1000000/day",
};

/** A zone in which it is about noon, so that no day ends during a run. */
export function noonZone(now: number): string {
  const hours = 12 - new Date(now).getUTCHours();
  return `${hours < 0 ? "-" : "+"}${String(Math.abs(hours)).padStart(2, "0")}:00`;
}
