export { assistantsBudget } from "./express.ts";
export type { ExpressBudget, ExpressOptions } from "./express.ts";
export { BudgetError, isBudgetError, memory, tool } from "@assistants-budget/core";
export type {
  AssistantDefinition,
  Assistants,
  Balance,
  LedgerLine,
  LimitText,
  Run,
  RunEvent,
  Tool,
} from "@assistants-budget/core";
export { sqlite } from "@assistants-budget/store-sqlite";
