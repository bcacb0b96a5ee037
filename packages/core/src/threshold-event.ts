/** A window that fills up, as the app is told of it. */
import { type Balance, type Notice, balanceOf } from "./ledger/index.ts";

/** A window has reached one of the `thresholds`. */
export interface ThresholdEvent extends Pick<
  Balance,
  | "scope"
  | "subject"
  | "unit"
  | "period"
  | "limit"
  | "spent"
  | "usedPercent"
  | "window"
  | "resetsAt"
> {
  /** The same each time this is brought: at least once, and again where a process died meanwhile. */
  readonly id: string;
  readonly type: "threshold";
  /** The part of the limit that was reached: `0.8`. At `1` the window may have some money left that no step fits into. */
  readonly threshold: number;
  /** When it was reached: ISO instant. */
  readonly at: string;
}

/** The event that a notice tells of. */
export function thresholdEvent(notice: Notice): ThresholdEvent {
  const { id, threshold, at, window, limit, spent } = notice;
  const {
    held: _,
    remaining: __,
    ...balance
  } = balanceOf({ ...window, spent, held: 0, credit: 0 }, limit, at);
  return {
    ...balance,
    id,
    type: "threshold",
    threshold: threshold / 1000,
    at: new Date(at).toISOString(),
  };
}
