export { assistantsBudget } from "./hono.ts";
export type { BudgetEnv, HonoBudget, HonoOptions } from "./hono.ts";
export * from "@assistants-budget/core/app";
