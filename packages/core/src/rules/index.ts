/** The rules, as the rest of core knows them. */
export { tierOf } from "./price.ts";
export type { Price, Tier } from "./price.ts";
export { readUsage } from "./read-usage.ts";
export { NO_USAGE, addUsage } from "./usage.ts";
export type { Usage } from "./usage.ts";
export * from "./admit.ts";
export * from "./cost.ts";
export * from "./invalid.ts";
export * from "./limits.ts";
export * from "./loops/index.ts";
export * from "./money.ts";
export * from "./policy.ts";
export * from "./prices.ts";
export * from "./thresholds.ts";
export * from "./tokens.ts";
export * from "./tool-fees.ts";
export * from "./windows.ts";
