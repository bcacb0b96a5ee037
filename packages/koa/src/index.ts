export { assistantsBudget } from "./koa.ts";
export type { KoaBudget, KoaMiddleware, KoaOptions, KoaPolicy } from "./koa.ts";
export { BudgetError, isBudgetError, memory, tool } from "@assistants-budget/core";
export type {
  AssistantDefinition,
  Assistants,
  Balance,
  BudgetOptions,
  StepLine,
  LimitText,
  Log,
  PolicyOptions,
  Run,
  RunEvent,
  RunOptions,
  RunStream,
  RunSummary,
  Step,
  Stop,
  Subject,
  Tool,
  ToolContext,
} from "@assistants-budget/core";
export { sqlite } from "@assistants-budget/store-sqlite";
