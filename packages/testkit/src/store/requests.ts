/** Windows, claims, requests and charges as the suites write them down. */
import type {
  Charge,
  ReserveRequest,
  SettingsVersion,
  Unit,
  Usage,
  WindowAt,
  WindowClaim,
} from "@assistants-budget/core/store";

export const MINUTE = 60_000;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;
/** Friday, 20 November 2026, 12:00 UTC: every test begins here. */
export const NOON: number = Date.UTC(2026, 10, 20, 12);
/** The end of a window that never ends. */
const FOREVER = 8.64e15;

/** Whose window, and what it counts. */
export interface Whose {
  readonly subject?: string;
  /** Default `user`. */
  readonly scope?: string;
  /** Default `usd`. */
  readonly unit?: Unit;
}

function windowOf(
  whose: Whose,
  period: string,
  stretch: Pick<WindowAt, "start" | "end">,
): WindowAt {
  const { subject = "alice", scope = "user", unit = "usd" } = whose;
  const family = `${scope}|${unit}|${period}|${subject}`;
  return { family, scope, subject, unit, period, zone: "UTC", ...stretch };
}

export function lifetime(whose: Whose = {}): WindowAt {
  return windowOf(whose, "lifetime", { start: 0, end: FOREVER });
}

/** The day that `at` lies in; `zone` is so many whole hours east of Greenwich. */
export function day(whose: Whose & { at?: number; zone?: number } = {}): WindowAt {
  const { at = NOON, zone = 0 } = whose;
  const start = Math.floor((at + zone * HOUR) / DAY) * DAY - zone * HOUR;
  const name = zone === 0 ? "UTC" : `Etc/GMT${zone > 0 ? "-" : "+"}${Math.abs(zone)}`;
  return { ...windowOf(whose, "day", { start, end: start + DAY }), zone: name };
}

export function hour(whose: Whose & { at?: number } = {}): WindowAt {
  const start = Math.floor((whose.at ?? NOON) / HOUR) * HOUR;
  return windowOf(whose, "hour", { start, end: start + HOUR });
}

export function rolling(rollingMs: number, whose: Whose = {}): WindowAt {
  const stretch = { start: 0, end: FOREVER };
  return { ...windowOf(whose, `rolling:${rollingMs}`, stretch), rollingMs };
}

/** A window's part in a reserve, in whole units. */
export function claim(
  window: WindowAt,
  part: { limit: number | null; cap?: number; takes?: number; perToken?: number },
): WindowClaim {
  const { limit, cap = null, takes = 0, perToken = 0 } = part;
  return { ...window, limit, cap, fixed: takes * 1000, perOutput: perToken * 1000 };
}

export interface Wish {
  readonly claims: readonly WindowClaim[];
  /** Default: a new one. */
  readonly hold?: string;
  /** Output tokens; default 0. */
  readonly min?: number;
  /** Default `min`. */
  readonly max?: number;
  readonly ttlMs?: number;
  readonly owner?: string;
  readonly user?: string;
  readonly run?: string;
  readonly thread?: string;
  /** Of the app's own scopes. */
  readonly facts?: Readonly<Record<string, string>>;
  /** The settings that it goes by; default: it names none. */
  readonly subjects?: readonly SettingsVersion[];
  /** Default: none. */
  readonly thresholds?: readonly number[];
}

let made = 0;

/** A reserve request. Its step's ceiling is what its first claim in dollars takes. */
export function request(wish: Wish): ReserveRequest {
  const { claims, min = 0, max = min, ttlMs = MINUTE, owner = "process-1" } = wish;
  const dollars = claims.find(({ unit }) => unit === "usd");
  made += 1;
  return {
    hold: wish.hold ?? `hold-${made}`,
    owner,
    ttlMs,
    output: { min, max },
    claims,
    subjects: wish.subjects ?? [],
    thresholds: wish.thresholds ?? [],
    ceiling: { fixed: dollars?.fixed ?? 0, perOutput: dollars?.perOutput ?? 0 },
    facts: {
      user: wish.user ?? "alice",
      thread: wish.thread ?? "thread-1",
      run: wish.run ?? "run-1",
      step: `step-${made}`,
      assistant: "support",
      ...(wish.facts ? { subjects: wish.facts } : {}),
      model: "model-1",
      tier: "default",
      priceVersion: "2026-11",
      promptTokens: 7,
    },
  };
}

const NO_USAGE: Usage = {
  promptTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite12hTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
};

/** What a step did cost: nano-dollars, and by default as the provider reported it. */
export function charge(nano: number, rest: Partial<Charge> = {}): Charge {
  const { tokens = 0, known = "reported" } = rest;
  const usage = { ...NO_USAGE, promptTokens: tokens, totalTokens: tokens };
  const cause = known === "reported" ? {} : { cause: "nobody could say" };
  return { nano, tokens, known, ...cause, usage, model: "model-1", tier: "default", ...rest };
}
