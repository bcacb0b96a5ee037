import type { Charge, LedgerLine, ReserveRequest, WindowAt } from "@assistants-budget/core/store";

/** The lifetime window of a user, in nano-dollars. */
export function lifetimeOf(subject: string): WindowAt {
  const family = `user|usd|lifetime|${subject}`;
  const at = { scope: "user", subject, unit: "usd", period: "lifetime", zone: "UTC" } as const;
  return { family, ...at, start: 0, end: 8.64e15 };
}

/** A request that takes so many nano-dollars of a user's limit for ever. */
export function request(
  hold: string,
  take: { readonly limit: number | null; readonly nano: number; readonly user?: string },
): ReserveRequest {
  const { limit, nano, user = "alice" } = take;
  const fixed = nano * 1000;
  return {
    hold,
    owner: `process ${process.pid}`,
    ttlMs: 60_000,
    output: { min: 0, max: 0 },
    claims: [{ ...lifetimeOf(user), limit, cap: limit, fixed, perOutput: 0 }],
    subjects: [],
    thresholds: [],
    ceiling: { fixed, perOutput: 0 },
    facts: {
      user,
      thread: "thread-1",
      run: "run-1",
      step: "step-1",
      assistant: "support",
      model: "model-1",
      tier: "default",
      priceVersion: "2026-11",
      promptTokens: 0,
    },
  };
}

export function charge(nano: number): Charge {
  const usage = {
    promptTokens: 0,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite12hTokens: 0,
    completionTokens: 0,
    reasoningTokens: 0,
    totalTokens: 0,
  };
  return { nano, tokens: 0, known: "reported", usage, model: "model-1", tier: "default" };
}

/** The holds that lines are of. */
export function holdsOf(lines: readonly LedgerLine[]): string[] {
  return lines.flatMap((line) => ("hold" in line ? line.hold : []));
}
