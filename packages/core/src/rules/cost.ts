import { type Nano, picoToNano } from "./money.ts";
import { dearer, type Factor, type Price, type Rates, type Tier } from "./price.ts";
import type { Usage } from "./usage.ts";

/** What decides a charge beside the tokens. */
export interface CostTerms {
  /** The tier that answered. Default: `default`. */
  readonly tier?: Tier;
  /** Whether the request went to a regional endpoint, which adds 10 %. Default: false. */
  readonly regional?: boolean;
}

const ONCE: Factor = [1, 1];
const REGIONAL: Factor = [11, 10];

/** Rates of a tier; one that the price does not know gets the dearest that it knows. */
function ratesOf(price: Price, tier: Tier): Rates {
  return price.tiers[tier] ?? dearestOf(price);
}

function dearestOf(price: Price): Rates {
  const { flex, priority, ultrafast } = price.tiers;
  return [flex, priority, ultrafast].reduce<Rates>(
    (most, rates) => (rates ? dearer(most, rates) : most),
    price.tiers.default,
  );
}

/** The factors of prompt and completion for a prompt of so many tokens. */
function lengthFactors(price: Price, promptTokens: number): { prompt: Factor; completion: Factor } {
  const long = price.longContext;
  return long && promptTokens > long.above
    ? { prompt: long.input, completion: long.output }
    : { prompt: ONCE, completion: ONCE };
}

/**
 * What a step costs: each kind of token at its rate, times the long-context factors where the
 * prompt is that long, times 11/10 where regional; exact until it is rounded up, once, to the next
 * nano-dollar. After OpenAI's price list; cached and reasoning tokens are parts, not additions.
 *
 * @throws RangeError where the sum passes nine million dollars.
 */
export function costOf(usage: Usage, price: Price, terms: CostTerms = {}): Nano {
  const rates = ratesOf(price, terms.tier ?? "default");
  const { prompt, completion } = lengthFactors(price, usage.promptTokens);
  const region = terms.regional === true ? REGIONAL : ONCE;

  const parts = usage.cachedTokens + usage.cacheWriteTokens + usage.cacheWrite12hTokens;
  const fresh = Math.max(usage.promptTokens - parts, 0);
  const sent =
    pico(fresh, rates.input) +
    pico(usage.cachedTokens, rates.cached) +
    pico(usage.cacheWriteTokens, rates.cacheWrite) +
    pico(usage.cacheWrite12hTokens, rates.cacheWrite12h);
  const answered = pico(usage.completionTokens, rates.output);

  // One common denominator, so that nothing is rounded before the end.
  const [promptTop, promptBottom] = big(prompt);
  const [completionTop, completionBottom] = big(completion);
  const [regionTop, regionBottom] = big(region);
  const sum = sent * promptTop * completionBottom + answered * completionTop * promptBottom;
  return picoToNano(ceilDivide(sum * regionTop, promptBottom * completionBottom * regionBottom));
}

/** What decides the dearest rates that a step can meet. */
export interface CeilingTerms {
  /** The tier asked for; `auto` can be answered by any. */
  readonly tier: Tier | "auto";
  /** Default: false. */
  readonly regional?: boolean;
  /** A bound of the prompt's tokens, which decides whether the long-context factors can apply. */
  readonly promptTokens: number;
  /** Whether the request asks for 12-hour cache writes. Default: false. */
  readonly cacheTtl12h?: boolean;
}

/**
 * The dearest whole picodollars a prompt and a completion token can cost: over fresh, cached and
 * written tokens, over the tier asked for and the default one that may answer in its place, with
 * the factors that can apply. No usage within the bounds costs more.
 */
export function ceilingRates(
  price: Price,
  terms: CeilingTerms,
): { readonly prompt: number; readonly completion: number } {
  const rates =
    terms.tier === "auto"
      ? dearestOf(price)
      : dearer(price.tiers.default, ratesOf(price, terms.tier));
  const sent = Math.max(
    rates.input,
    rates.cached,
    rates.cacheWrite,
    terms.cacheTtl12h === true ? rates.cacheWrite12h : 0,
  );
  const factors = lengthFactors(price, terms.promptTokens);
  const region = terms.regional === true ? REGIONAL : ONCE;
  return {
    prompt: scaledUp(sent, factors.prompt, region),
    completion: scaledUp(rates.output, factors.completion, region),
  };
}

function pico(tokens: number, rate: number): bigint {
  return BigInt(tokens) * BigInt(rate);
}

function big([numerator, denominator]: Factor): [bigint, bigint] {
  return [BigInt(numerator), BigInt(denominator)];
}

function ceilDivide(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

function scaledUp(rate: number, length: Factor, region: Factor): number {
  const [top, bottom] = big(length);
  const [regionTop, regionBottom] = big(region);
  return Number(ceilDivide(BigInt(rate) * top * regionTop, bottom * regionBottom));
}
