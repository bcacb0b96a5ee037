import { pricesWith, type ModelPrice, type PriceOverrides } from "../pricing.ts";

interface CatalogEntry {
  readonly price: ModelPrice;
  /** The name that a response carries: a dated one, if the model has such a snapshot. */
  readonly answersAs: string;
  readonly window: number;
  readonly maxOutput: number;
}

export interface ModelCatalog {
  readonly names: readonly string[];
  find(model: string): CatalogEntry | undefined;
}

const USUAL_WINDOW = 400_000;
const USUAL_MAX_OUTPUT = 128_000;

export interface CatalogOptions {
  readonly prices: PriceOverrides;
  readonly snapshots: Readonly<Record<string, string>>;
}

/** The models that the simulator serves. A snapshot can be asked for by its own name as well. */
export function createModelCatalog({ prices, snapshots }: CatalogOptions): ModelCatalog {
  const rows = pricesWith(prices);
  const bases = new Map(Object.entries(snapshots).map(([base, dated]) => [dated, base]));
  for (const base of bases.values()) {
    if (!rows.has(base)) throw new RangeError(`snapshots: the model "${base}" has no price`);
  }
  return {
    names: [...rows.keys(), ...bases.keys()],
    find(model) {
      const price = rows.get(model) ?? rows.get(bases.get(model) ?? "");
      if (price === undefined) return undefined;
      const { window = USUAL_WINDOW, maxOutput = USUAL_MAX_OUTPUT } = price;
      return { price, answersAs: snapshots[model] ?? model, window, maxOutput };
    },
  };
}
