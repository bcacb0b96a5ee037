/** From limits and subjects to the windows that a step must fit into. */
import {
  FOREVER,
  type Limit,
  type Period,
  type Policy,
  periodKey,
  windowAt,
} from "../rules/index.ts";
import type { Family, WindowAt, WindowClaim } from "./store.ts";

/** Which subject stands for each scope: `{ user: 'alice', thread: 'thread_…', app: 'app' }`. */
export type Subjects = Readonly<Record<string, string>>;

/** One limit with the window that it applies to now. */
export interface LimitedWindow {
  readonly limit: Pick<Limit, "unit" | "period"> & { readonly amount: number | null };
  readonly at: WindowAt;
}

/** The most that a step can cost, as a function of the output tokens that it is given. */
export interface Ceiling {
  /** A bound of the tokens that are sent. */
  readonly promptTokens: number;
  /** Picodollars a token. */
  readonly rates: { readonly prompt: number; readonly completion: number };
}

/** The name of a counter. The subject comes last, so that no subject can pose as another family. */
function familyOf(scope: string, subject: string, limit: Limit): Family {
  const period = periodKey(limit.period);
  const { unit } = limit;
  return { family: `${scope}|${unit}|${period}|${subject}`, scope, subject, unit, period };
}

/** A route's limit counts by the name of the policy that states it, whatever lies further in. */
const ROUTE = "route:";

/** Every window that applies. A scope without a subject (no route, no tenant) has none. */
export function limitedWindows(
  limits: Policy["limits"],
  subjects: Subjects,
  clock: { readonly now: number; readonly timeZone: string },
): readonly LimitedWindow[] {
  return Object.entries(limits).flatMap(([key, ofScope]) => {
    const [scope, subject] = key.startsWith(ROUTE)
      ? (["route", key.slice(ROUTE.length)] as const)
      : ([key, Object.hasOwn(subjects, key) ? subjects[key] : undefined] as const);
    if (subject === undefined) return [];
    return lowest(ofScope).map((limit) => ({
      limit,
      at: { ...familyOf(scope, subject, limit), ...stretchOf(limit.period, clock) },
    }));
  });
}

/** The key under which a named policy's own route limit stands among its limits. */
export function routeKey(name: string): string {
  return `${ROUTE}${name}`;
}

/** A window is claimed once, or it would be counted twice: of two limits of one window the lower holds. */
function lowest(limits: readonly Limit[]): readonly Limit[] {
  return limits.filter((limit, i) =>
    limits.every((other, j) => {
      const same = other.unit === limit.unit && periodKey(other.period) === periodKey(limit.period);
      return !same || limit.amount < other.amount || (limit.amount === other.amount && i <= j);
    }),
  );
}

function stretchOf(
  period: Period,
  { now, timeZone }: { readonly now: number; readonly timeZone: string },
): Pick<WindowAt, "zone" | "start" | "end" | "rollingMs"> {
  if (period.kind === "rolling")
    return { zone: timeZone, start: 0, end: FOREVER, rollingMs: period.ms };
  return { zone: timeZone, ...windowAt(period, now, timeZone) };
}

/** What a step asks of each window. A run that has been counted is not counted again. */
export function claimsOf(
  windows: readonly LimitedWindow[],
  ceiling: Ceiling,
  countRun: boolean,
): readonly WindowClaim[] {
  const { promptTokens, rates } = ceiling;
  return windows.flatMap(({ limit, at }) => {
    switch (limit.unit) {
      case "usd":
        return {
          ...at,
          limit: limit.amount,
          fixed: promptTokens * rates.prompt,
          perOutput: rates.completion,
        };
      case "tokens":
        return { ...at, limit: limit.amount, fixed: promptTokens * 1000, perOutput: 1000 };
      case "runs":
        return countRun ? { ...at, limit: limit.amount, fixed: 1000, perOutput: 0 } : [];
    }
  });
}
