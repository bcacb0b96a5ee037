export { assistantsBudget } from "./koa.ts";
export type { KoaBudget, KoaMiddleware, KoaOptions, KoaPolicy } from "./koa.ts";
export * from "@assistants-budget/core/app";
export { sqlite } from "@assistants-budget/store-sqlite";
