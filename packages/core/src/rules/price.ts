import { InvalidValue } from "./invalid.ts";
import { parseUsd } from "./money.ts";

/** How a request was served, which decides its rates. `fast` is another name of `priority`. */
export type Tier = "default" | "flex" | "priority" | "ultrafast";

/** Prices in whole picodollars (1e-12 USD) a token: $1 per million tokens is 1,000,000. */
export interface Rates {
  /** Prompt tokens neither read from nor written to the cache. */
  readonly input: number;
  /** Prompt tokens read from the cache. */
  readonly cached: number;
  /** Prompt tokens written to the cache for 30 minutes. */
  readonly cacheWrite: number;
  /** Prompt tokens written to the cache for 12 hours. */
  readonly cacheWrite12h: number;
  /** Completion tokens, reasoning included. */
  readonly output: number;
}

/** A factor as an exact fraction: numerator, denominator. */
export type Factor = readonly [numerator: number, denominator: number];

/** A prompt above so many tokens reprices the whole request. */
export interface LongContext {
  readonly above: number;
  /** On fresh, cached and written prompt tokens alike. */
  readonly input: Factor;
  readonly output: Factor;
}

/** What a model costs from one day to another, and how large its requests may be. */
export interface Price {
  readonly model: string;
  /** Rates by tier; one that is absent is not offered, or its price is not known. */
  readonly tiers: Readonly<Partial<Record<Tier, Rates>>> & { readonly default: Rates };
  readonly longContext?: LongContext;
  /** Whether the model spends output tokens on reasoning before it answers. */
  readonly reasoning: boolean;
  /** Tokens that prompt and completion may have together. */
  readonly contextWindow: number;
  readonly maxOutputTokens: number;
  /** The first day (UTC) on which the price is known to be in force. */
  readonly from: string;
  /** The last day (UTC), where an end is known. */
  readonly until?: string;
  /** Where the price was read. */
  readonly source: string;
  /** An official page, at least two independent sources that agree, or a single third party. */
  readonly sure: "official" | "agreed" | "third-party";
}

const TIERS: Readonly<Record<string, Tier>> = {
  default: "default",
  standard: "default",
  // Scale is bought in advance; what it serves is listed at the standard price.
  scale: "default",
  flex: "flex",
  fast: "priority",
  priority: "priority",
  ultrafast: "ultrafast",
};

/**
 * The tier that a `service_tier` names; absent means `default`. `auto` and unknown names are
 * undefined: which tier answers is not known.
 */
export function tierOf(text: string | null | undefined): Tier | undefined {
  if (text === undefined || text === null) {
    return "default";
  }
  return Object.hasOwn(TIERS, text) ? TIERS[text] : undefined;
}

const LEAST = 100;
const MOST = 10_000_000_000;

/**
 * Reads a price in dollars per million tokens (`'$0.10'`, `'0.10'`) as picodollars a token.
 *
 * Prices over $10,000 and, except for 0, under $0.0001 a million are refused: they are nearly
 * always per token or per thousand tokens, and such a mistake would make the cap void.
 *
 * @throws InvalidValue
 */
export function perMillion(text: string, path: string): number {
  const refuse = (): InvalidValue =>
    new InvalidValue({
      path,
      found: text,
      allowed:
        "dollars per million tokens, '0' or from '0.0001' to '10000' with at most six decimals, such as '0.10'",
    });
  let pico: number;
  try {
    pico = parseUsd(text, path) / 1000;
  } catch {
    throw refuse();
  }
  if (!Number.isSafeInteger(pico) || pico > MOST || (pico > 0 && pico < LEAST)) {
    throw refuse();
  }
  return pico;
}

/** All rates times a factor, which must leave whole picodollars. */
export function times(rates: Rates, [numerator, denominator]: Factor): Rates {
  const scaled = (rate: number): number => {
    const pico = (rate * numerator) / denominator;
    if (!Number.isSafeInteger(pico)) {
      throw new RangeError(`${rate} x ${numerator}/${denominator} is no whole picodollar.`);
    }
    return pico;
  };
  return {
    input: scaled(rates.input),
    cached: scaled(rates.cached),
    cacheWrite: scaled(rates.cacheWrite),
    cacheWrite12h: scaled(rates.cacheWrite12h),
    output: scaled(rates.output),
  };
}

/** For each kind of token the dearer of two rates. */
export function dearer(a: Rates, b: Rates): Rates {
  return {
    input: Math.max(a.input, b.input),
    cached: Math.max(a.cached, b.cached),
    cacheWrite: Math.max(a.cacheWrite, b.cacheWrite),
    cacheWrite12h: Math.max(a.cacheWrite12h, b.cacheWrite12h),
    output: Math.max(a.output, b.output),
  };
}
