/** Windows, requests and charges of these tests. */
import type {
  Charge,
  LedgerLine,
  ReserveRequest,
  WindowAt,
  WindowClaim,
} from "@assistants-budget/core/store";

const FOREVER = 8.64e15;

/** A window in dollars that never ends. */
export function lifetimeOf(subject: string, scope: string = "user"): WindowAt {
  const family = `${scope}|usd|lifetime|${subject}`;
  const whose = { family, scope, subject, unit: "usd", period: "lifetime" } as const;
  return { ...whose, zone: "UTC", start: 0, end: FOREVER };
}

/** A window that looks back an hour. */
export function rollingOf(subject: string, scope: string = "user"): WindowAt {
  const rollingMs = 3_600_000;
  const period = `rolling:${rollingMs}`;
  const family = `${scope}|usd|${period}|${subject}`;
  return { ...lifetimeOf(subject, scope), family, period, rollingMs };
}

/** A part of so many nano-dollars in a window. */
export function claim(window: WindowAt, limit: number | null, nano: number): WindowClaim {
  return { ...window, limit, cap: limit, fixed: nano * 1000, perOutput: 0 };
}

/** A step that costs so many nano-dollars, whatever it answers. */
export function request(
  hold: string,
  claims: readonly WindowClaim[],
  nano: number,
): ReserveRequest {
  const facts = {
    user: "alice",
    thread: "thread-1",
    run: "run-1",
    step: hold,
    assistant: "support",
    model: "model-1",
    tier: "default",
    priceVersion: "2026-11",
    promptTokens: 7,
  };
  return {
    hold,
    owner: "process-1",
    ttlMs: 6e4,
    output: {
      min: 0,
      max: 0,
    },
    claims,
    subjects: [],
    thresholds: [],
    facts,
    ceiling: {
      fixed: nano * 1e3,
      perOutput: 0,
    },
  };
}

/** A step of one user that holds as much in each window, whatever its limit. */
export function requestOf(
  user: string,
  hold: string,
  { windows, nano }: { readonly windows: readonly WindowAt[]; readonly nano: number },
): ReserveRequest {
  const made = request(
    hold,
    windows.map((window) => claim(window, null, nano)),
    nano,
  );
  return { ...made, facts: { ...made.facts, user } };
}

export function charge(nano: number): Charge {
  const counts = { promptTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, cacheWrite12hTokens: 0 };
  const usage = { ...counts, completionTokens: 0, reasoningTokens: 0, totalTokens: 0 };
  return { nano, tokens: 0, known: "reported", usage, model: "model-1", tier: "default" };
}

/** The holds that these lines ended. */
export function holdsOf(lines: readonly LedgerLine[]): readonly string[] {
  return lines.flatMap((line) => ("hold" in line ? line.hold : []));
}
