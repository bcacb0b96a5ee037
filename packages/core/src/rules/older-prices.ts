import { HALF, OVER_272K, plain, TWICE } from "./price-rules.ts";
import { type Price, times } from "./price.ts";

/** Price lists that agree; the earliest of them dates rows whose first day is not known. */
const LISTS = "genai-prices 0.1.8 (2026-09-23), LiteLLM (2026-07-24), llm-prices 1.1.0";
const LISTED = { from: "2026-07-24", source: LISTS, sure: "agreed" } as const;
const ONE_LIST = {
  from: "2026-07-24",
  source: "LiteLLM (2026-07-24)",
  sure: "third-party",
} as const;

const LONG = {
  reasoning: true,
  contextWindow: 1_050_000,
  maxOutputTokens: 128_000,
  longContext: OVER_272K,
} as const;
const GPT_5 = { reasoning: true, contextWindow: 400_000, maxOutputTokens: 128_000 } as const;
const GPT_4_1 = { reasoning: false, contextWindow: 1_047_576, maxOutputTokens: 32_768 } as const;
const GPT_4O = { reasoning: false, contextWindow: 128_000, maxOutputTokens: 16_384 } as const;
const O3 = { reasoning: true, contextWindow: 200_000, maxOutputTokens: 100_000 } as const;

/** A request takes 300,000 tokens in all. Nothing is generated; if it were, it would not be free. */
const EMBEDDING = { reasoning: false, contextWindow: 300_000, maxOutputTokens: 1 } as const;

const gpt54Mini = plain("0.75", "0.075", "4.5");
const gpt54Nano = plain("0.20", "0.02", "1.25");
const gpt54Pro = plain("30", undefined, "180");
const gpt52 = plain("1.75", "0.175", "14");
const gpt52Pro = plain("21", undefined, "168");
const gpt5 = plain("1.25", "0.125", "10");
const gpt5Mini = plain("0.25", "0.025", "2");
const gpt5Nano = plain("0.05", "0.005", "0.40");
const gpt5Pro = plain("15", undefined, "120");

const gpt5Tiers = { default: gpt5, flex: times(gpt5, HALF), priority: times(gpt5, TWICE) };

/**
 * Models up to gpt-5.5. Tiers that are not listed are not offered (batch, which halves the 4.x
 * models, is no tier), or their price was not found.
 */
export const OLDER_PRICES: readonly Price[] = [
  {
    model: "gpt-5.5",
    tiers: {
      default: plain("5", "0.50", "30"),
      flex: plain("2.5", "0.25", "15"),
      priority: plain("12.5", "1.25", "75"),
    },
    ...LONG,
    ...LISTED,
  },
  {
    // One list gives 3 for cached tokens; without a second they cost what fresh ones cost.
    model: "gpt-5.5-pro",
    tiers: { default: plain("30", undefined, "180") },
    ...LONG,
    ...ONE_LIST,
  },
  {
    model: "gpt-5.4",
    tiers: {
      default: plain("2.5", "0.25", "15"),
      // The lists round half of 0.25 to 0.13.
      flex: plain("1.25", "0.13", "7.5"),
      priority: plain("5", "0.50", "30"),
    },
    ...LONG,
    ...LISTED,
  },
  {
    model: "gpt-5.4-mini",
    tiers: {
      default: gpt54Mini,
      flex: times(gpt54Mini, HALF),
      priority: times(gpt54Mini, TWICE),
    },
    ...GPT_5,
    longContext: OVER_272K,
    ...LISTED,
  },
  {
    model: "gpt-5.4-nano",
    tiers: { default: gpt54Nano, flex: times(gpt54Nano, HALF) },
    ...GPT_5,
    longContext: OVER_272K,
    ...LISTED,
  },
  {
    model: "gpt-5.4-pro",
    tiers: { default: gpt54Pro, flex: times(gpt54Pro, HALF) },
    ...LONG,
    ...ONE_LIST,
  },
  {
    model: "gpt-5.3-codex",
    tiers: { default: gpt52, priority: times(gpt52, TWICE) },
    ...GPT_5,
    ...LISTED,
  },
  {
    model: "gpt-5.2",
    tiers: { default: gpt52, flex: times(gpt52, HALF), priority: times(gpt52, TWICE) },
    ...GPT_5,
    ...LISTED,
    from: "2025-12-11",
  },
  {
    model: "gpt-5.2-pro",
    tiers: { default: gpt52Pro, flex: times(gpt52Pro, HALF) },
    ...GPT_5,
    ...LISTED,
    from: "2025-12-11",
  },
  { model: "gpt-5.1", tiers: gpt5Tiers, ...GPT_5, ...LISTED, from: "2025-11-13" },
  { model: "gpt-5", tiers: gpt5Tiers, ...GPT_5, ...LISTED, from: "2025-08-07" },
  {
    model: "gpt-5-mini",
    tiers: {
      default: gpt5Mini,
      flex: times(gpt5Mini, HALF),
      priority: plain("0.45", "0.045", "3.6"),
    },
    ...GPT_5,
    ...LISTED,
    from: "2025-08-07",
  },
  {
    model: "gpt-5-nano",
    tiers: { default: gpt5Nano, flex: times(gpt5Nano, HALF) },
    ...GPT_5,
    ...LISTED,
    from: "2025-08-07",
  },
  {
    model: "gpt-5-pro",
    tiers: { default: gpt5Pro, flex: times(gpt5Pro, HALF) },
    ...GPT_5,
    ...LISTED,
    from: "2025-10-06",
  },
  {
    model: "gpt-4.1",
    tiers: { default: plain("2", "0.50", "8"), priority: plain("3.5", "0.875", "14") },
    ...GPT_4_1,
    ...LISTED,
    from: "2025-04-14",
  },
  {
    model: "gpt-4.1-mini",
    tiers: { default: plain("0.40", "0.10", "1.60"), priority: plain("0.7", "0.175", "2.8") },
    ...GPT_4_1,
    ...LISTED,
    from: "2025-04-14",
  },
  {
    model: "gpt-4o",
    tiers: { default: plain("2.5", "1.25", "10"), priority: plain("4.25", "2.125", "17") },
    ...GPT_4O,
    ...LISTED,
    from: "2024-08-06",
  },
  {
    model: "gpt-4o-mini",
    tiers: { default: plain("0.15", "0.075", "0.60"), priority: plain("0.25", "0.125", "1") },
    ...GPT_4O,
    ...LISTED,
    from: "2024-07-18",
  },
  {
    model: "o3",
    tiers: {
      default: plain("2", "0.50", "8"),
      flex: plain("1", "0.25", "4"),
      priority: plain("3.5", "0.875", "14"),
    },
    ...O3,
    ...LISTED,
    from: "2025-06-10",
  },
  {
    model: "o3-pro",
    tiers: { default: plain("20", undefined, "80") },
    ...O3,
    ...LISTED,
    from: "2025-06-10",
  },
  ...[
    ["text-embedding-3-small", "0.02", "2024-01-25"] as const,
    ["text-embedding-3-large", "0.13", "2024-01-25"] as const,
    ["text-embedding-ada-002", "0.10", "2022-12-15"] as const,
  ].map(([model, input, from]) => ({
    model,
    tiers: { default: plain(input, undefined, input) },
    ...EMBEDDING,
    ...LISTED,
    from,
  })),
];
