export { assistantsBudget } from "./express.ts";
export type { ExpressBudget, ExpressOptions } from "./express.ts";
export * from "@assistants-budget/core/app";
export { sqlite } from "@assistants-budget/store-sqlite";
