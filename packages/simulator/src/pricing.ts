import priceList from "./prices.json" with { type: "json" };

/** A tier that a request can end in. `fast` is `priority` by another name. */
export type ServiceTier = "default" | "flex" | "priority" | "ultrafast";

/** What a tier charges: `times` the default tier's price, or a price of its own. */
export interface TierPrice {
  readonly times?: string;
  readonly input?: string;
  readonly cached?: string;
  readonly output?: string;
}

/** One model's row in the price list; prices are decimal US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: string;
  /** Absent: cached tokens cost what input costs. */
  readonly cached?: string;
  /** Absent: the model does not bill cache writes and reports none. */
  readonly write30m?: string;
  readonly write12h?: string;
  readonly output: string;
  /** Whether a request with more than 272,000 input tokens is dearer as a whole. Default false. */
  readonly long?: boolean;
  /** The most input tokens that the model takes. Default 400,000. */
  readonly window?: number;
  /** The most output tokens that the model gives. Default 128,000. */
  readonly maxOutput?: number;
  /** The tiers besides `default`; one that is absent is refused. */
  readonly tiers?: Readonly<Partial<Record<ServiceTier, TierPrice>>>;
}

/** The tokens of one response. Cached and written tokens are parts of `input`, reasoning of `output`. */
export interface InvoiceUsage {
  readonly input: number;
  readonly cached: number;
  /** All tokens written to the cache, for 30 minutes or for 12 hours. */
  readonly cacheWrite: number;
  /** The part of `cacheWrite` that was written for 12 hours. */
  readonly cacheWrite12h: number;
  readonly output: number;
  readonly reasoning: number;
}

export interface Charge {
  readonly price: ModelPrice;
  readonly tier: ServiceTier;
  readonly usage: InvoiceUsage;
}

const PRICES: Readonly<Record<string, ModelPrice>> = priceList.models;
const LONG = priceList.longContext;
const PICO_PER_NANO = 1000n;
const NANO_DIGITS = 9;
// A dollar for a million tokens is 10^-6 dollars, or 10^6 picodollars, for a token.
const RATE_DIGITS = 6;

/** Reads a plain decimal as a whole number of 10^-digits; never through floating point. */
function parseDecimal(text: string, digits: number): bigint {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  const [, whole = "", fraction = ""] = match ?? [];
  if (match === null || fraction.length > digits) {
    throw new RangeError(`"${text}" is not a decimal with at most ${digits} places`);
  }
  return BigInt(whole + fraction.padEnd(digits, "0"));
}

function multiply(rate: bigint, times: string): bigint {
  const product = rate * parseDecimal(times, 3);
  if (product % 1000n !== 0n) {
    throw new RangeError(`a rate times ${times} is no whole number of picodollars a token`);
  }
  return product / 1000n;
}

type RateName = "input" | "cached" | "write30m" | "write12h" | "output";

function basePrice(price: ModelPrice, name: RateName): string {
  if (name === "write12h") return price.write12h ?? price.write30m ?? price.input;
  return price[name] ?? price.input;
}

/** Picodollars for one token of a kind, in the tier, before the long-context factor. */
function rateOf(price: ModelPrice, tier: ServiceTier, name: RateName): bigint {
  const base = parseDecimal(basePrice(price, name), RATE_DIGITS);
  if (tier === "default") return base;
  const own = price.tiers?.[tier];
  if (own === undefined) throw new RangeError(`no price for the tier ${tier}`);
  const stated = name === "write30m" || name === "write12h" ? undefined : own[name];
  if (stated !== undefined) return parseDecimal(stated, RATE_DIGITS);
  if (own.times !== undefined) return multiply(base, own.times);
  // A tier that states its prices one by one and leaves this one out: it costs what input costs.
  return parseDecimal(own.input ?? price.input, RATE_DIGITS);
}

/** The price of one response in whole nano-dollars, rounded up once. */
export function chargeNano({ price, tier, usage }: Charge): bigint {
  const isLong = price.long === true && usage.input > LONG.above;
  const rate = (name: RateName): bigint => {
    const plain = rateOf(price, tier, name);
    if (!isLong) return plain;
    return multiply(plain, name === "output" ? LONG.outputTimes : LONG.inputTimes);
  };
  const fresh = usage.input - usage.cached - usage.cacheWrite;
  const pico =
    BigInt(fresh) * rate("input") +
    BigInt(usage.cached) * rate("cached") +
    BigInt(usage.cacheWrite - usage.cacheWrite12h) * rate("write30m") +
    BigInt(usage.cacheWrite12h) * rate("write12h") +
    BigInt(usage.output) * rate("output");
  return (pico + PICO_PER_NANO - 1n) / PICO_PER_NANO;
}

/** Nano-dollars as a decimal string of dollars, all nine places. */
export function formatUsd(nano: bigint): string {
  const digits = nano.toString().padStart(NANO_DIGITS + 1, "0");
  return `${digits.slice(0, -NANO_DIGITS)}.${digits.slice(-NANO_DIGITS)}`;
}

/** Rows that a test lays over the price list, field by field; the row of a new model must be whole. */
export type PriceOverrides = Readonly<Record<string, Partial<ModelPrice>>>;

const TIERS: readonly ServiceTier[] = ["default", "flex", "priority", "ultrafast"];
const ONE_OF_EACH = { input: LONG.above + 4, cached: 1, cacheWrite: 2, cacheWrite12h: 1 };

/** Throws for a row that could not be billed, before anything is generated at its price. */
function checkRow(price: ModelPrice): void {
  const usage = { ...ONE_OF_EACH, output: 1, reasoning: 0 };
  for (const tier of TIERS.filter((name) => name === "default" || price.tiers?.[name])) {
    chargeNano({ price, tier, usage });
  }
}

/** The price list with the overrides laid over it. Throws a `RangeError` for a row that has no price. */
export function pricesWith(overrides: PriceOverrides): ReadonlyMap<string, ModelPrice> {
  const prices = new Map(Object.entries(PRICES));
  for (const [model, change] of Object.entries(overrides)) {
    const { input, output, ...rest } = { ...prices.get(model), ...change };
    if (input === undefined || output === undefined) {
      throw new RangeError(`prices: the new model "${model}" needs both input and output`);
    }
    const row = { ...rest, input, output };
    checkRow(row);
    prices.set(model, row);
  }
  return prices;
}
