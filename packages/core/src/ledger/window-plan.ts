/** The windows that limits come to, whoever asks: everything but the subject and the moment. */
import { type Limit, type Period, type Policy, type Unit, periodKey } from "../rules/index.ts";
import type { LimitsInForce } from "./limit-layers.ts";
import { isPassing } from "./scopes.ts";
import type { WindowAt } from "./store.ts";

type Limits = Policy["limits"];

export interface PlannedWindow {
  readonly scope: string;
  /** The policy that states a route's limit; other scopes take their subject from who asks. */
  readonly route?: string;
  readonly unit: Unit;
  readonly period: Period;
  /** `'day'`, `'lifetime'`, `'rolling:86400000'`. */
  readonly periodName: string;
  /** The name of the counter up to its subject. */
  readonly prefix: string;
  /** In whole units; null where it is only counted. */
  readonly limit: number | null;
  /** The subject's own limit, before a route or a call lowered it; null where nobody watches it. */
  readonly cap: number | null;
  /** The last window of each subject that has asked. */
  readonly last: Map<string, WindowAt>;
}

/** A route's limit counts by the name of the policy that states it, whatever lies further in. */
const ROUTE = "route:";

/** The key under which a named policy's own route limit stands among its limits. */
export function routeKey(name: string): string {
  return `${ROUTE}${name}`;
}

/** Every window with a limit, and those that are counted without one. */
export function windowPlan(
  { limits, caps }: LimitsInForce,
  counted: Limits,
): readonly PlannedWindow[] {
  const limited = entriesOf(limits).map(([key, limit]) =>
    planned(key, limit, { limit: limit.amount, cap: capOf(key, limit, caps) }),
  );
  const known = new Set(limited.map(({ route, prefix }) => `${prefix}${route ?? ""}`));
  const rest = entriesOf(counted).map(([key, limit]) =>
    planned(key, limit, { limit: null, cap: null }),
  );
  return [...limited, ...rest.filter(({ prefix }) => !known.has(prefix))];
}

function entriesOf(limits: Limits): readonly (readonly [string, Limit])[] {
  return Object.entries(limits).flatMap(([key, ofScope]) =>
    lowest(ofScope).map((limit) => [key, limit] as const),
  );
}

/** A window is claimed once, or it would be counted twice: of two limits of one window the lower holds. */
function lowest(limits: readonly Limit[]): readonly Limit[] {
  return limits.filter((limit, i) =>
    limits.every((other, j) => {
      const same = isSame(other, limit);
      return !same || limit.amount < other.amount || (limit.amount === other.amount && i <= j);
    }),
  );
}

function isSame(a: Limit, b: Limit): boolean {
  return a.unit === b.unit && periodKey(a.period) === periodKey(b.period);
}

function planned(
  key: string,
  { unit, period }: Limit,
  amounts: Pick<PlannedWindow, "limit" | "cap">,
): PlannedWindow {
  const isRoute = key.startsWith(ROUTE);
  const scope = isRoute ? "route" : key;
  const periodName = periodKey(period);
  const prefix = `${scope}|${unit}|${periodName}|`;
  const window = { scope, unit, period, periodName, prefix, last: new Map<string, WindowAt>() };
  return { ...window, ...amounts, ...(isRoute ? { route: key.slice(ROUTE.length) } : {}) };
}

/** Runs and threads are too many to be watched; a route's limit is stated by its own policy. */
function capOf(key: string, limit: Limit, caps: Limits): number | null {
  if (key.startsWith(ROUTE)) return limit.amount;
  if (isPassing(key)) return null;
  const same = (caps[key] ?? []).filter((one) => isSame(one, limit)).map(({ amount }) => amount);
  return same.length === 0 ? null : Math.min(...same);
}
