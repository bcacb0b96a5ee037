export { assistantsBudget } from "./hono.ts";
export type { BudgetEnv, HonoBudget, HonoOptions } from "./hono.ts";
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
