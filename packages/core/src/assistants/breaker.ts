import { BudgetError } from "../errors.ts";
import type { Ending } from "./backend.ts";

/** A provider in a bad hour must not eat budgets: after some failures in a row nothing is sent for a while. */
export interface Breaker {
  /** Milliseconds for which nothing is sent; 0 when the way is open. Asked before money is held. */
  closedForMs(): number;
  /** Asked with the money in hand, right before sending: false where the way has closed meanwhile. */
  enter(): boolean;
  /** How a call that was let in has ended. */
  report(worked: boolean): void;
}

const FAILURES = 5;
const COOL_DOWN_MS = 15_000;

export function breaker(monotonic: () => number): Breaker {
  let failures = 0;
  let closedUntil = -Infinity;
  const closedForMs = (): number => Math.max(0, closedUntil - monotonic());

  return {
    closedForMs,
    enter: () => {
      if (closedForMs() > 0) return false;
      // After the cool-down one call finds out; the others go on waiting for what it reports.
      if (failures >= FAILURES) closedUntil = monotonic() + COOL_DOWN_MS;
      return true;
    },
    report: (worked) => {
      failures = worked ? 0 : failures + 1;
      closedUntil = failures >= FAILURES ? monotonic() + COOL_DOWN_MS : -Infinity;
    },
  };
}

/** What a call is told that may not be sent for now. */
export function paused({ closedForMs }: Pick<Breaker, "closedForMs">): BudgetError {
  const seconds = Math.ceil(closedForMs() / 1000);
  return new BudgetError("provider_unreachable", {
    message: `The provider failed several times in a row; nothing is sent for ${seconds} s more.`,
    retryAfter: seconds,
  });
}

/** What a user can bring about by what they send must never close the way for all others. */
export function isProvidersFault(ending: Ending): boolean {
  if (ending.kind === "answered")
    return ending.status === "failed" && ending.reason === "server_error";
  return ending.kind !== "not_spent" || ending.reason === "unreachable";
}
