export { assistantsBudget, withBudget } from "./fetch.ts";
export type { Budgeted, FetchBudget, FetchOptions, RouteOptions } from "./fetch.ts";
export * from "@assistants-budget/core/app";
