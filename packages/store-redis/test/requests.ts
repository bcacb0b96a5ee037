import { randomUUID } from "node:crypto";
import type { Charge, ReserveRequest, WindowAt } from "@assistants-budget/core/store";

/** A window that never ends. */
export function lifetime(subject = "alice"): WindowAt {
  const period = "lifetime";
  const family = `user|usd|${period}|${subject}`;
  return {
    family,
    scope: "user",
    subject,
    unit: "usd" as const,
    period,
    zone: "UTC",
    start: 0,
    end: 8.64e15,
  };
}

/** So many nano-dollars of one window. */
export function request(takes: number, limit: number, hold: string = randomUUID()): ReserveRequest {
  return {
    hold,
    owner: "process",
    ttlMs: 60_000,
    output: { min: 0, max: 0 },
    claims: [{ ...lifetime(), limit, cap: limit, fixed: takes * 1000, perOutput: 0 }],
    subjects: [{ scope: "user", subject: "alice", version: 0 }],
    thresholds: [500, 800, 1000],
    ceiling: { fixed: takes * 1000, perOutput: 0 },
    facts: {
      user: "alice",
      thread: "thread-1",
      run: "run-1",
      step: "step-1",
      assistant: "support",
      model: "model-1",
      tier: "default",
      priceVersion: "1",
      promptTokens: 1,
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
