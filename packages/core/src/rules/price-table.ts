import { OLDER_PRICES } from "./older-prices.ts";
import { HALF, OVER_272K, TWICE, writes } from "./price-rules.ts";
import { type Factor, type Price, type Rates, type Tier, times } from "./price.ts";

/** The day on which the rows were last compared with their sources. */
export const TABLE_DATE = "2026-11-22";

type Row = Pick<Price, "model" | "from" | "until" | "source" | "sure"> & {
  readonly rates: Rates;
  /** Tiers beside the default one, as factors of its rates; default: flex half, priority twice. */
  readonly tiers?: Readonly<Partial<Record<Tier, Factor>>>;
};

/** Models from gpt-5.6 on: cache writes have a price, flex is half, priority twice. */
function modern({ rates, tiers = { flex: HALF, priority: TWICE }, ...row }: Row): Price {
  const factors = Object.entries(tiers).map(([tier, factor]) => [tier, times(rates, factor)]);
  return {
    ...row,
    tiers: { default: rates, ...Object.fromEntries(factors) },
    longContext: OVER_272K,
    reasoning: true,
    contextWindow: 1_050_000,
    maxOutputTokens: 128_000,
  };
}

const TRACKERS = "genai-prices 0.1.8 (2026-09-23) and price trackers";
const SOL_6_2 = "developers.openai.com/api/docs/models/gpt-6.2-sol";

const CURRENT: readonly Price[] = [
  modern({
    model: "gpt-6.2-astra",
    // The cached price was not listed: 5 % of the input, as on the other 6.2 model.
    rates: writes("8", "0.40", "40"),
    from: "2026-11-17",
    source: "laozhang and dev.to (2026-11-18)",
    sure: "third-party",
  }),
  modern({
    model: "gpt-6.2-sol",
    rates: writes("2", "0.10", "10"),
    tiers: { flex: HALF, priority: TWICE, ultrafast: [3, 1] },
    from: "2026-11-17",
    until: "2027-02-28",
    source: SOL_6_2,
    sure: "official",
  }),
  modern({
    model: "gpt-6.2-sol",
    rates: writes("2", "0.10", "10"),
    tiers: { flex: HALF, priority: TWICE, ultrafast: [6, 1] },
    from: "2027-03-01",
    source: SOL_6_2,
    sure: "official",
  }),
  modern({
    model: "gpt-6.1-terra",
    rates: writes("1", "0.05", "5"),
    from: "2026-10-26",
    source: "apidog and the LiteLLM blog",
    sure: "agreed",
  }),
  modern({
    model: "gpt-6.1-sol",
    rates: writes("2", "0.10", "10"),
    tiers: { flex: HALF, priority: TWICE, ultrafast: [6, 1] },
    from: "2026-09-29",
    source: "API changelog on developers.openai.com",
    sure: "official",
  }),
  modern({
    model: "gpt-6-sol",
    rates: writes("2", "0.20", "10"),
    from: "2026-09-22",
    source: TRACKERS,
    sure: "agreed",
  }),
  modern({
    model: "gpt-6-luna",
    rates: writes("0.10", "0.01", "0.50"),
    from: "2026-09-22",
    source: "developers.openai.com/api/docs/models/gpt-6-luna",
    sure: "official",
  }),
  modern({
    model: "gpt-6-astra",
    rates: writes("10", "1", "50"),
    from: "2026-09-03",
    source: TRACKERS,
    sure: "agreed",
  }),
  // A promotion was guaranteed to the 21st of November. Whether it was prolonged is not known, so
  // the list price is in force after it.
  modern({
    model: "gpt-5.6-sol",
    rates: writes("4", "0.40", "20"),
    from: "2026-07-30",
    until: "2026-11-21",
    source: TRACKERS,
    sure: "third-party",
  }),
  modern({
    model: "gpt-5.6-sol",
    rates: writes("5", "0.50", "30"),
    from: "2026-11-22",
    source: "list price by openai.com/api-fast-mode and price trackers",
    sure: "third-party",
  }),
  modern({
    model: "gpt-5.6-terra",
    rates: writes("2", "0.20", "12"),
    from: "2026-07-30",
    source: `openai.com/api-fast-mode, ${TRACKERS}`,
    sure: "agreed",
  }),
  modern({
    model: "gpt-5.6-luna",
    rates: writes("0.20", "0.02", "1.20"),
    from: "2026-07-30",
    source: `openai.com/api-fast-mode, ${TRACKERS}`,
    sure: "agreed",
  }),
  modern({
    model: "gpt-5.6-cyber",
    rates: writes("12.5", "1.25", "75"),
    // Whether it is served on other tiers is not known.
    tiers: {},
    from: "2026-07-30",
    source: "price trackers",
    sure: "third-party",
  }),
];

/** The rows, each model's by date. Models that were shut down by the table's date are left out. */
export const PRICES: readonly Price[] = [...CURRENT, ...OLDER_PRICES];

/**
 * Dated snapshots that cost what the name costs, listed one by one: a prefix would also take
 * `gpt-4o-2024-05-13`, which cost twice as much.
 */
export const ALIASES: Readonly<Record<string, string>> = {
  "gpt-6.1-sol-2026-09-29": "gpt-6.1-sol",
  "gpt-6-luna-2026-09-22": "gpt-6-luna",
  "gpt-5.5-2026-04-23": "gpt-5.5",
  "gpt-5.5-pro-2026-04-23": "gpt-5.5-pro",
  "gpt-5.4-2026-03-05": "gpt-5.4",
  "gpt-5.4-mini-2026-03-17": "gpt-5.4-mini",
  "gpt-5.4-nano-2026-03-17": "gpt-5.4-nano",
  "gpt-5.4-pro-2026-03-05": "gpt-5.4-pro",
  "gpt-5.2-2025-12-11": "gpt-5.2",
  "gpt-5.2-pro-2025-12-11": "gpt-5.2-pro",
  "gpt-5.1-2025-11-13": "gpt-5.1",
  "gpt-5-2025-08-07": "gpt-5",
  "gpt-5-mini-2025-08-07": "gpt-5-mini",
  "gpt-5-nano-2025-08-07": "gpt-5-nano",
  "gpt-5-pro-2025-10-06": "gpt-5-pro",
  "gpt-4.1-2025-04-14": "gpt-4.1",
  "gpt-4.1-mini-2025-04-14": "gpt-4.1-mini",
  "gpt-4o-2024-11-20": "gpt-4o",
  "gpt-4o-2024-08-06": "gpt-4o",
  "gpt-4o-mini-2024-07-18": "gpt-4o-mini",
  "o3-2025-04-16": "o3",
  "o3-pro-2025-06-10": "o3-pro",
  "text-embedding-ada-002-v2": "text-embedding-ada-002",
};
