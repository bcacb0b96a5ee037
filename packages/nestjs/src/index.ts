export { BudgetGuard } from "./budget-guard.ts";
export { BudgetModule } from "./budget-module.ts";
export type { ModuleOptions } from "./budget-module.ts";
export { BudgetService } from "./budget-service.ts";
export type { NestOptions, NestRequest } from "./shared.ts";
export { Assistants, Budget, SkipBudget } from "./decorators.ts";
export * from "@assistants-budget/core/app";
export { sqlite } from "@assistants-budget/store-sqlite";
