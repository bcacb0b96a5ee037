export { assistantsBudget, withBudget } from "./fetch.ts";
export type { Budgeted, FetchBudget, FetchOptions, RouteOptions } from "./fetch.ts";
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
  Store,
  Subject,
  Tool,
  ToolContext,
} from "@assistants-budget/core";
