import { type Factor, type LongContext, perMillion, type Rates, times } from "./price.ts";

/** Flex costs half. Batch does too, but is another endpoint and no tier. */
export const HALF: Factor = [1, 2];
/** Priority, also named fast, costs twice; gpt-5.5 alone 2.5 times. */
export const TWICE: Factor = [2, 1];

/**
 * From gpt-5.4 on, more than 272,000 prompt tokens reprice the whole request: prompt and cache
 * twice, completion one and a half times. For gpt-5.4-mini and -nano no list states it; the general
 * rule is taken for them as well, because a hold that is too dear does less harm than one that is
 * too cheap.
 */
export const OVER_272K: LongContext = { above: 272_000, input: [2, 1], output: [3, 2] };

/**
 * Rates of a model whose cache writes cost what its input costs, from dollars per million tokens.
 * Without a price for cached tokens they cost what fresh ones cost.
 */
export function plain(input: string, cached: string | undefined, output: string): Rates {
  const fresh = perMillion(input, "input");
  return {
    input: fresh,
    cached: cached === undefined ? fresh : perMillion(cached, "cached"),
    cacheWrite: fresh,
    cacheWrite12h: fresh,
    output: perMillion(output, "output"),
  };
}

/** From gpt-5.6 on a cache write costs 1.25 times the input for 30 minutes, 2.5 times for 12 hours. */
export function writes(input: string, cached: string, output: string): Rates {
  const rates = plain(input, cached, output);
  return {
    ...rates,
    cacheWrite: times(rates, [5, 4]).input,
    cacheWrite12h: times(rates, [5, 2]).input,
  };
}
