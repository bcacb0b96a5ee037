export { assistantsBudget } from "./express.ts";
export type { ExpressBudget, ExpressOptions } from "./express.ts";
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
