/** A window as people see it: the limit, what is gone, what is left, when it comes back. */
import { type Unit, formatUsd } from "../rules/index.ts";
import type { WindowState } from "./store.ts";

/** How one window stands. Dollars are decimal strings without a sign; tokens and runs are numbers. */
export interface Balance {
  /** `run`, `thread`, `user`, `app`, `route`, or the app's own. */
  readonly scope: string;
  readonly subject: string;
  readonly unit: Unit;
  /** `'day'`, `'month'`, …, `'lifetime'`, or `'rolling:86400000'` for any stretch of so many ms. */
  readonly period: string;
  readonly limit: string | number;
  /** What was charged in this window. */
  readonly spent: string | number;
  /** What running calls have set aside. */
  readonly held: string | number;
  /** `limit - spent - held`, never negative. */
  readonly remaining: string | number;
  /** Spent and held, in percent of the limit, to one decimal. */
  readonly usedPercent: number;
  /** ISO instants; both null for a lifetime, `end` null for a rolling window, which ends now. */
  readonly window: { readonly start: string | null; readonly end: string | null };
  /** ISO instant at which money comes back; null if it never does. For a rolling window: when its oldest charge leaves. */
  readonly resetsAt: string | null;
}

/** Reads a window for people. `now` is epoch ms by the store's clock. */
export function balanceOf(state: WindowState, limit: number, now: number): Balance {
  const { scope, subject, unit, period, spent, held, rollingMs } = state;
  const amount = (value: number) => (unit === "usd" ? formatUsd(value) : value);
  const ends = rollingMs === undefined && state.period !== "lifetime";
  return {
    scope,
    subject,
    unit,
    period,
    limit: amount(limit),
    spent: amount(spent),
    held: amount(held),
    remaining: amount(Math.max(0, limit - spent - held)),
    usedPercent: limit === 0 ? 100 : Math.floor(((spent + held) / limit) * 1000) / 10,
    window: {
      start: ends
        ? instant(state.start)
        : rollingMs === undefined
          ? null
          : instant(now - rollingMs),
      end: ends ? instant(state.end) : null,
    },
    resetsAt: resetOf(state),
  };
}

/** When a window has money again, as an ISO instant. */
export function resetOf(state: WindowState): string | null {
  const at = resetTime(state);
  return at === undefined ? null : instant(at);
}

/** When a window has money again, epoch ms; nothing for a lifetime and for an untouched rolling window. */
export function resetTime(state: WindowState): number | undefined {
  if (state.rollingMs !== undefined) return state.frees;
  return state.period === "lifetime" ? undefined : state.end;
}

function instant(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** The same with snake_case names, as it goes over the wire. */
export function balanceJson(balance: Balance): Record<string, unknown> {
  const { usedPercent, resetsAt, ...same } = balance;
  return { ...same, used_percent: usedPercent, resets_at: resetsAt };
}
