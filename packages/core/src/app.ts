/** `@assistants-budget/core/app`: what every adapter hands on to the apps that use it. */
export { BudgetError, isBudgetError, memory, tool } from "./index.ts";
export type {
  AssistantDefinition,
  Assistants,
  Balance,
  BudgetOptions,
  LimitText,
  LimitsOption,
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
  Store,
  Subject,
  Tool,
  ToolContext,
} from "./index.ts";
