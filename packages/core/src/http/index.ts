/** `@assistants-budget/core/http`: what an adapter needs. */
export { createHttpBudget } from "./http-budget.ts";
export type { HttpBudget, HttpHost, HttpOptions } from "./http-budget.ts";
export type { Identity } from "./identity.ts";
export type { Answer } from "./refusal.ts";
