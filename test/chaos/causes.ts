/** What may bring a window above its limit: only what a line of the ledger names. */
import type { LedgerLine, StepLine } from "@assistants-budget/core";
import type { WindowState } from "@assistants-budget/core/store";
import type { Spoken } from "./spoken.ts";

/** Nano-dollars by which these lines may have lifted this window above its limit. */
export function namedCauses(
  lines: readonly LedgerLine[],
  window: WindowState,
  spoken: Spoken,
): number {
  return lines.reduce((sum, line) => sum + Math.max(0, causeIn(line, window, spoken)), 0);
}

function causeIn(line: LedgerLine, window: WindowState, spoken: Spoken): number {
  switch (line.kind) {
    case "charge":
      return concerns(line, window, spoken) ? (line.overrun ?? 0) : 0;
    case "correction":
      return concerns(line, window, spoken) ? line.charge.nano : 0;
    case "adjustment": {
      const hold = line.act.kind === "adjustment" ? line.act.hold : "";
      const charge = spoken.chargeOf(hold);
      return charge && concerns(charge, window, spoken) ? (line.nano ?? 0) : 0;
    }
    case "merge": {
      const { family, start } = window;
      const moved = line.moved?.find((one) => one.family === family && one.start === start);
      return moved ? moved.spent + moved.held - moved.credit : 0;
    }
    // A lower limit lifts nothing: `sampler.ts` knows each limit that was in force. A credit raises it.
    case "limits":
    case "credit":
    case "freeze":
    case "unfreeze":
    case "forget":
      return 0;
  }
}

function concerns(
  { facts, at }: StepLine,
  { scope, subject, start, end, rollingMs }: WindowState,
  { userOf }: Spoken,
): boolean {
  // In a rolling window, what has left it since has left with its money: all of it may count.
  if (rollingMs === undefined && (at < start || at >= end)) return false;
  switch (scope) {
    case "app":
      return true;
    case "user":
      return facts.user === subject || userOf(facts.user) === subject;
    default:
      return facts.subjects?.[scope] === subject;
  }
}
