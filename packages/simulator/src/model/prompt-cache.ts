import type { Prompt } from "./prompt.ts";

/** What a request found in the cache, and what it left there. */
export interface CacheUse {
  readonly cached: number;
  readonly written: number;
}

export interface PromptCache {
  /** Counts the prompt's cached tokens, then remembers the prompt. */
  use(model: string, prompt: Prompt, explicit: boolean): CacheUse;
}

const SHORTEST = 1024;
const STEP = 128;
// What is kept for a model: enough for the longest test, small enough to compare with each.
const MOST_PROMPTS = 256;

const NOTHING: CacheUse = { cached: 0, written: 0 };

function commonLength(left: readonly number[], right: readonly number[]): number {
  const end = Math.min(left.length, right.length);
  let index = 0;
  while (index < end && left[index] === right[index]) index += 1;
  return index;
}

function wholeSteps(length: number): number {
  return length < SHORTEST ? 0 : length - (length % STEP);
}

/** Remembers prompts for as long as the simulator runs: nothing expires, so a test repeats itself. */
export function createPromptCache(): PromptCache {
  const prompts = new Map<string, (readonly number[])[]>();
  return {
    use(model, prompt, explicit) {
      const cacheable = wholeSteps(explicit ? prompt.breakpoint : prompt.tokens.length);
      if (cacheable === 0) return NOTHING;
      const known = prompts.get(model) ?? [];
      const shared = known.map((tokens) => commonLength(tokens, prompt.tokens));
      const longest = shared.reduce((most, length) => Math.max(most, length), 0);
      const cached = Math.min(wholeSteps(longest), cacheable);
      // A prompt that the new one continues need not be kept beside it.
      const others = known.filter((tokens, index) => shared[index] !== tokens.length);
      const kept = prompt.tokens.slice(0, cacheable);
      prompts.set(model, [...others, kept].slice(-MOST_PROMPTS));
      return { cached, written: cacheable - cached };
    },
  };
}

/** The cache that is switched off. */
export function createNoCache(): PromptCache {
  return { use: () => NOTHING };
}
