/** How the caller's budget stands, as response headers: off unless an app asks for them. */
import type { Balance } from "../ledger/index.ts";

/** What a response tells of the caller's budget: nothing, parts of a hundred, or dollars too. */
export type HeadersOption = false | "percent" | "amounts";

/**
 * Of the caller's own window that is nearest to its limit: `Budget-Window: user-day`,
 * `Budget-Remaining: 37` (percent), `Budget-Reset: 2026-11-23T00:00:00Z` (where it resets); with
 * `'amounts'` also `Budget-Limit: 1.00 USD` and `Budget-Left: 0.37 USD` (or `tokens`, `runs`).
 */
export function budgetHeaders(
  balances: readonly Balance[],
  option: HeadersOption,
): Readonly<Record<string, string>> {
  const nearest = option === false ? undefined : fullest(balances);
  if (!nearest) return {};
  const { scope, period, usedPercent, resetsAt, unit, limit, remaining } = nearest;
  const of = unit === "usd" ? "USD" : unit;
  return {
    "Budget-Window": `${scope}-${period.split(":", 1)[0]}`,
    "Budget-Remaining": String(Math.max(0, Math.floor(100 - usedPercent))),
    ...(resetsAt === null ? {} : { "Budget-Reset": resetsAt }),
    ...(option === "amounts"
      ? { "Budget-Limit": `${limit} ${of}`, "Budget-Left": `${remaining} ${of}` }
      : {}),
  };
}

/** A run's own window ends with it: the next run has all of it again. */
export function fullest(balances: readonly Balance[]): Balance | undefined {
  return balances
    .filter(({ scope }) => scope !== "run")
    .reduce<Balance | undefined>(
      (most, one) => (most && most.usedPercent >= one.usedPercent ? most : one),
      undefined,
    );
}
