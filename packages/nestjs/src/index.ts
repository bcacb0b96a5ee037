export { BudgetGuard } from "./budget-guard.ts";
export { BudgetModule } from "./budget-module.ts";
export type { ModuleOptions } from "./budget-module.ts";
export { BudgetService } from "./budget-service.ts";
export type { NestOptions, NestRequest } from "./shared.ts";
export { Assistants, Budget, SkipBudget } from "./decorators.ts";
export { BudgetError, isBudgetError, memory, tool } from "@assistants-budget/core";
export type {
  AssistantDefinition,
  Balance,
  BudgetOptions,
  LimitText,
  Log,
  PolicyOptions,
  Run,
  RunEvent,
  RunOptions,
  RunStream,
  RunSummary,
  Step,
  StepLine,
  Stop,
  Subject,
  Tool,
  ToolContext,
} from "@assistants-budget/core";
export { sqlite } from "@assistants-budget/store-sqlite";
