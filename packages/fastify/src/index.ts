export { assistantsBudget } from "./fastify.ts";
export type { BudgetHook, FastifyBudget, FastifyOptions, FastifyBudgetPlugin } from "./fastify.ts";
export { BudgetError, isBudgetError, memory, tool } from "@assistants-budget/core";
export type {
  AssistantDefinition,
  Assistants,
  Balance,
  BudgetOptions,
  StepLine,
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
  Stop,
  Subject,
  Tool,
  ToolContext,
} from "@assistants-budget/core";
export { sqlite } from "@assistants-budget/store-sqlite";
