/** From how a step ended to what it is charged: DESIGN's table of endings, as one function. */
import type { Charge, HoldFacts } from "../ledger/index.ts";
import {
  type Price,
  type PriceTable,
  type Tier,
  NO_USAGE,
  byteLength,
  ceilingRates,
  costOf,
  readUsage,
  tierOf,
} from "../rules/index.ts";
import type { Answered, Ending } from "./backend.ts";

export interface ChargeTerms {
  readonly prices: PriceTable;
  /** The price that the hold was made with. */
  readonly price: Price;
  /** When the hold was made: prices of that day hold, epoch ms. */
  readonly at: number;
  readonly regional: boolean;
  readonly on5xx: "charge" | "release";
}

/** What was held for the step. */
export interface Held {
  readonly facts: HoldFacts;
  /** Nano-dollars. */
  readonly ceiling: number;
  readonly outputTokens: number;
}

/** What ends the hold: a charge, or nothing because nothing was spent. */
export type Verdict = { readonly charge: Charge } | { readonly release: true };

export function verdictOf(ending: Ending, held: Held, terms: ChargeTerms): Verdict {
  switch (ending.kind) {
    case "not_spent":
      return { release: true };
    case "server_error":
      return terms.on5xx === "release"
        ? { release: true }
        : { charge: assumed(held, `the provider failed (${ending.message})`) };
    case "lost":
      return { charge: { ...assumed(held, ending.message), ...idOf(ending) } };
    case "answered":
      return { charge: { ...chargeOf(ending, held, terms), ...idOf(ending) } };
  }
}

/** The whole ceiling: what can't be known is never guessed in the user's favour. */
export function assumed({ facts, ceiling, outputTokens }: Held, cause: string): Charge {
  return {
    nano: ceiling,
    tokens: facts.promptTokens + outputTokens,
    known: "assumed",
    cause,
    usage: NO_USAGE,
    model: facts.model,
    tier: facts.tier,
  };
}

function chargeOf(answer: Answered, held: Held, terms: ChargeTerms): Charge {
  const price = priceOf(answer, held, terms);
  if (!price) return assumed(held, `the answering model ${answer.model} has no price`);
  const tier = answeringTier(answer, held);
  if (!tier) return assumed(held, `the answering tier ${answer.tier} has no price`);
  const reading = readUsage(answer.usage);
  if (!reading) return withoutUsage(answer, held, terms);
  const { usage, doubts } = reading;
  return {
    nano: costOf(usage, price, { tier, regional: terms.regional }),
    tokens: usage.totalTokens,
    known: "reported",
    ...(doubts.length > 0 ? { cause: doubts.join(" ") } : {}),
    usage,
    model: answer.model,
    tier,
  };
}

/** A server that answers in the name that was asked for needs no second look-up; any other name does. */
function priceOf(
  answer: Answered,
  held: Held,
  { prices, price, at }: ChargeTerms,
): Price | undefined {
  return answer.model === held.facts.model || !answer.model ? price : prices.find(answer.model, at);
}

/** A cheaper tier that was asked for may not have been given: where nobody says, the usual one counts. */
function answeringTier({ tier }: Answered, { facts }: Held): Tier | undefined {
  return tierOf(tier ?? (facts.tier === "flex" ? "default" : facts.tier));
}

/**
 * Usage missing in a finished answer. A visible token covers at least one byte, so the output's
 * bytes bound it, unless the model may have reasoned: that is billed and can't be seen.
 */
function withoutUsage(answer: Answered, held: Held, { price, regional }: ChargeTerms): Charge {
  const tier = answeringTier(answer, held);
  if (
    price.reasoning ||
    answer.status !== "completed" ||
    answer.model !== held.facts.model ||
    !tier
  )
    return assumed(held, "the answer came without usage");
  const completionTokens = Math.min(held.outputTokens, byteLength(JSON.stringify(answer.output)));
  const { promptTokens } = held.facts;
  const totalTokens = promptTokens + completionTokens;
  const usage = { ...NO_USAGE, promptTokens, completionTokens, totalTokens };
  // The prompt may have been written to the cache, which can cost more than sending it.
  const rates = ceilingRates(price, { tier, regional, promptTokens });
  const pico = promptTokens * rates.prompt + completionTokens * rates.completion;
  return {
    nano: Math.min(held.ceiling, Math.ceil(pico / 1000)),
    tokens: totalTokens,
    known: "counted",
    cause: "the answer came without usage",
    usage,
    model: answer.model,
    tier,
  };
}

function idOf({ responseId }: { readonly responseId?: string }): { readonly responseId?: string } {
  return responseId === undefined ? {} : { responseId };
}
