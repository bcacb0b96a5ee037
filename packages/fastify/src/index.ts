export { assistantsBudget } from "./fastify.ts";
export type { BudgetHook, FastifyBudget, FastifyOptions, FastifyBudgetPlugin } from "./fastify.ts";
export * from "@assistants-budget/core/app";
export { sqlite } from "@assistants-budget/store-sqlite";
