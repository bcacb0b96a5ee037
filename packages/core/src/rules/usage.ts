/** Tokens of one or more steps. */
export interface Usage {
  /** All that was sent. Cached, cache-write and 12-hour cache-write tokens are disjoint parts of it. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** Written to the cache for 30 minutes. */
  readonly cacheWriteTokens: number;
  readonly cacheWrite12hTokens: number;
  /** All that was answered. Reasoning is part of it. */
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  /** Prompt and completion together. */
  readonly totalTokens: number;
}

/** A reading of what was reported, and a sentence for each thing in it that can't be true. */
export interface UsageReading {
  readonly usage: Usage;
  readonly doubts: readonly string[];
}

/** No tokens at all. */
export const NO_USAGE: Usage = {
  promptTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite12hTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
};

/** The sum of two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    cacheWrite12hTokens: a.cacheWrite12hTokens + b.cacheWrite12hTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  };
}
