import { z } from "zod";
import type { Usage, UsageReading } from "./usage.ts";

/** A hundred times the largest context: a step that reports more reports nothing usable. */
const MOST_TOKENS = 100_000_000;

const count = z.int().min(0).max(MOST_TOKENS);
const optional = count.nullish();
const reportedUsage = z.object({
  input_tokens: count,
  output_tokens: count,
  total_tokens: optional,
  input_tokens_details: z
    .object({
      cached_tokens: optional,
      cache_write_tokens: optional,
      cache_write_tokens_details: z
        .object({ ttl_30m_tokens: optional, ttl_12h_tokens: optional })
        .nullish(),
    })
    .nullish(),
  output_tokens_details: z.object({ reasoning_tokens: optional }).nullish(),
});

type Reported = z.infer<typeof reportedUsage>;
type Doubt = (sentence: string) => void;

/** What was asked for, which decides what a report that leaves something out can mean. */
export interface UsageTerms {
  /** Whether the request asked for 12-hour cache writes. Default: false. */
  readonly cacheTtl12h?: boolean;
}

/** The cache writes by how long they last; what the report leaves open is of the dearer kind. */
function readWrites(reported: Reported, asked: UsageTerms, doubt: Doubt): [number, number] {
  const details = reported.input_tokens_details;
  const split = details?.cache_write_tokens_details;
  const [short, long] = [split?.ttl_30m_tokens ?? undefined, split?.ttl_12h_tokens ?? undefined];
  const parts = (short ?? 0) + (long ?? 0);
  const whole = details?.cache_write_tokens ?? parts;
  if (parts > whole) {
    doubt(`The cache writes by duration (${parts}) exceed all cache writes (${whole}).`);
    return [short ?? 0, long ?? 0];
  }
  if (short === undefined) {
    const lasting = long ?? (asked.cacheTtl12h === true ? whole : 0);
    return [whole - lasting, lasting];
  }
  if (long !== undefined && parts < whole) {
    doubt(`The cache writes by duration (${parts}) are fewer than all cache writes (${whole}).`);
  }
  return [short, whole - short];
}

type Prompt = Pick<
  Usage,
  "promptTokens" | "cachedTokens" | "cacheWriteTokens" | "cacheWrite12hTokens"
>;

function readPrompt(reported: Reported, asked: UsageTerms, doubt: Doubt): Prompt {
  const sent = reported.input_tokens;
  const [cacheWriteTokens, cacheWrite12hTokens] = readWrites(reported, asked, doubt);
  const cachedTokens = reported.input_tokens_details?.cached_tokens ?? 0;
  const parts = cachedTokens + cacheWriteTokens + cacheWrite12hTokens;
  const counts = { cachedTokens, cacheWriteTokens, cacheWrite12hTokens };
  if (parts <= sent) return { promptTokens: sent, ...counts };
  doubt(`More tokens were read from and written to the cache (${parts}) than sent (${sent}).`);
  // Some servers report the cache beside what was sent instead of within it: then both are billed.
  return { promptTokens: sent + parts, ...counts };
}

function readCompletion(reported: Reported, doubt: Doubt): [completion: number, reasoning: number] {
  const reasoning = reported.output_tokens_details?.reasoning_tokens ?? 0;
  let completion = reported.output_tokens;
  if (reasoning > completion) {
    doubt(`There are more reasoning tokens (${reasoning}) than output tokens (${completion}).`);
    // Some servers report reasoning beside the output instead of within it.
    completion += reasoning;
  }
  const sum = reported.input_tokens + completion;
  const total = reported.total_tokens ?? sum;
  if (total !== sum) {
    doubt(`The total (${total}) is not the sum of prompt and completion (${sum}).`);
  }
  return [completion + Math.max(total - sum, 0), reasoning];
}

/**
 * Reads the usage of a finished step. Undefined where there is none: a count is missing, negative,
 * fractional, no number, or beyond a hundred million. 0 is not missing, and detail objects may be.
 *
 * Where parts exceed their whole or the total is no sum, the reading that costs most is taken and
 * the doubt is named. Cache writes without a duration are those that were asked for.
 */
export function readUsage(reported: unknown, asked: UsageTerms = {}): UsageReading | undefined {
  const parsed = reportedUsage.safeParse(reported);
  if (!parsed.success) {
    return undefined;
  }
  const doubts: string[] = [];
  const doubt: Doubt = (sentence) => void doubts.push(sentence);
  const prompt = readPrompt(parsed.data, asked, doubt);
  const [completionTokens, reasoningTokens] = readCompletion(parsed.data, doubt);
  const totalTokens = prompt.promptTokens + completionTokens;
  return { usage: { ...prompt, completionTokens, reasoningTokens, totalTokens }, doubts };
}
