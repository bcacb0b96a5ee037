import { z } from "zod";
import { InvalidValue } from "./invalid.ts";
import { ALIASES, PRICES, TABLE_DATE } from "./price-table.ts";
import { perMillion, type Price, type Rates, type Tier } from "./price.ts";

/** Prices of one tier as the app writes them: dollars per million tokens, as decimal strings. */
export interface RatesText {
  readonly input: string;
  readonly output: string;
  /** Default: the price of input. */
  readonly cached?: string;
  /** Cache writes for 30 minutes. Default: the price of input. */
  readonly cacheWrite?: string;
  /** Cache writes for 12 hours. Default: the price of `cacheWrite`. */
  readonly cacheWrite12h?: string;
}

/** An app's own price of a model, which replaces the table's on all dates and tiers. */
export interface OwnPrice extends RatesText {
  /** Prices of further tiers. One that is not stated is charged at the dearest stated here. */
  readonly tiers?: Readonly<Partial<Record<Exclude<Tier, "default">, RatesText>>>;
  /** Default: as the table has it for this model, else false. */
  readonly reasoning?: boolean;
  /** Tokens. Default: as the table has it for this model, else 128,000. */
  readonly contextWindow?: number;
  /** Tokens. Default: as the table has it for this model, else 16,384. */
  readonly maxOutputTokens?: number;
}

/** A name that costs what another model costs, such as an Azure deployment's. */
export interface PriceAlias {
  readonly aliasOf: string;
}

/** What an app may say about a model's price. */
export type PriceOverride = OwnPrice | PriceAlias;

/** Prices by model. */
export interface PriceTable {
  /** The table's date, followed by `+` and a hash of the overrides if there are any. */
  readonly version: string;
  /**
   * The price of a model by its exact name or alias, in force at an epoch millisecond; without it
   * the newest one. Days are UTC. A time before the first row gets the first row, since a model
   * cannot have answered before it existed: the clock is wrong. Undefined for unknown models.
   */
  find(model: string, at?: number): Price | undefined;
}

const ratesText = {
  input: z.string(),
  output: z.string(),
  cached: z.string().optional(),
  cacheWrite: z.string().optional(),
  cacheWrite12h: z.string().optional(),
};
const tierText = z.strictObject(ratesText).optional();
const ownPrice = z.strictObject({
  ...ratesText,
  tiers: z.strictObject({ flex: tierText, priority: tierText, ultrafast: tierText }).optional(),
  reasoning: z.boolean().optional(),
  contextWindow: z.int().positive().optional(),
  maxOutputTokens: z.int().positive().optional(),
});
const priceAlias = z.strictObject({ aliasOf: z.string().min(1) });

const ALLOWED =
  "a price such as { input: '0.10', output: '0.50' } in dollars per million tokens (also cached, cacheWrite, " +
  "cacheWrite12h, tiers, reasoning, contextWindow, maxOutputTokens) or { aliasOf: 'gpt-6-luna' }";

type ParsedPrice = z.infer<typeof ownPrice>;
type ParsedRates = NonNullable<z.infer<typeof tierText>>;

function ratesOf(text: ParsedRates, path: string): Rates {
  const input = perMillion(text.input, `${path}.input`);
  const rate = (name: "cached" | "cacheWrite" | "cacheWrite12h", otherwise: number): number =>
    text[name] === undefined ? otherwise : perMillion(text[name], `${path}.${name}`);
  const cacheWrite = rate("cacheWrite", input);
  return {
    input,
    cached: rate("cached", input),
    cacheWrite,
    cacheWrite12h: rate("cacheWrite12h", cacheWrite),
    output: perMillion(text.output, `${path}.output`),
  };
}

function priceOf(own: ParsedPrice, listed: Price | undefined, path: string): Omit<Price, "model"> {
  const { flex, priority, ultrafast } = own.tiers ?? {};
  return {
    tiers: {
      default: ratesOf(own, path),
      ...(flex && { flex: ratesOf(flex, `${path}.tiers.flex`) }),
      ...(priority && { priority: ratesOf(priority, `${path}.tiers.priority`) }),
      ...(ultrafast && { ultrafast: ratesOf(ultrafast, `${path}.tiers.ultrafast`) }),
    },
    ...(listed?.longContext && { longContext: listed.longContext }),
    reasoning: own.reasoning ?? listed?.reasoning ?? false,
    contextWindow: own.contextWindow ?? listed?.contextWindow ?? 128_000,
    maxOutputTokens: own.maxOutputTokens ?? listed?.maxOutputTokens ?? 16_384,
    from: "1970-01-01",
    source: "the app's own options",
    sure: "official",
  };
}

/** FNV-1a, 32 bits: tells two sets of overrides apart in a version, and guards nothing. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, "0");
}

/** JSON that does not depend on the order in which an app wrote its overrides. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

const DAY = 86_400_000;

/** The row in force: the last that has begun, unless it has ended. Rows are in order of date. */
function rowAt(rows: readonly Price[], at: number): Price | undefined {
  const row = rows.findLast((one) => Date.parse(one.from) <= at) ?? rows[0];
  return row?.until !== undefined && at >= Date.parse(row.until) + DAY ? undefined : row;
}

/**
 * The built-in prices, with an app's own over them. A model that neither knows has no price: it is
 * refused, never guessed.
 *
 * @throws InvalidValue for a price that can't be read, is far out of bounds (the mistake of prices
 * per token for prices per million), or is an alias of no known model.
 */
export function priceTable(overrides: Readonly<Record<string, PriceOverride>> = {}): PriceTable {
  const rows = new Map<string, Price[]>();
  for (const row of PRICES) {
    rows.set(row.model, [...(rows.get(row.model) ?? []), row]);
  }
  const aliases = new Map(Object.entries(ALIASES));
  const listedAs = (model: string): Price | undefined =>
    rows.get(aliases.get(model) ?? model)?.at(-1);

  // All are read before any is set, so that their order does not matter.
  const own = Object.entries(overrides).map(([model, override]) => {
    const path = `prices[${JSON.stringify(model)}]`;
    const alias = priceAlias.safeParse(override);
    if (alias.success) {
      return { model, path, aliasOf: alias.data.aliasOf };
    }
    const parsed = ownPrice.safeParse(override);
    if (!parsed.success) {
      throw new InvalidValue({ path, found: override, allowed: ALLOWED });
    }
    return { model, path, price: { model, ...priceOf(parsed.data, listedAs(model), path) } };
  });
  for (const { model, price, aliasOf } of own) {
    if (price) {
      aliases.delete(model);
      rows.set(model, [price]);
    } else {
      rows.delete(model);
      aliases.set(model, aliasOf);
    }
  }

  const nameOf = (model: string): string | undefined => {
    const seen = new Set<string>();
    let name = model;
    for (let next = aliases.get(name); next !== undefined; next = aliases.get(name)) {
      if (seen.has(name)) {
        return undefined;
      }
      seen.add(name);
      name = next;
    }
    return rows.has(name) ? name : undefined;
  };
  for (const { model, path, aliasOf } of own) {
    if (aliasOf !== undefined && nameOf(model) === undefined) {
      throw new InvalidValue({
        path: `${path}.aliasOf`,
        found: aliasOf,
        allowed: "the name of a model that has a price, such as 'gpt-6-luna'",
      });
    }
  }

  return {
    version: own.length === 0 ? TABLE_DATE : `${TABLE_DATE}+${hashOf(sortedJson(overrides))}`,
    find(model, at) {
      const found = rows.get(nameOf(model) ?? "") ?? [];
      return at === undefined ? found.at(-1) : rowAt(found, at);
    },
  };
}
