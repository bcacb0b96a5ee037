/** `@assistants-budget/core`: what an app needs of it. */
export { createBudget } from "./budget.ts";
export type { AppBudget, Budget, Host, ReadyPolicy } from "./budget.ts";
export type { Reason, SubjectRef } from "./operator-input.ts";
export type { HeldMoney, Operator } from "./operator.ts";
export type { ThresholdEvent } from "./threshold-event.ts";
export type { Assistants, ResumeOptions, RunOptions, RunStream } from "./assistants-of.ts";
export { tool } from "./assistants/index.ts";
export type {
  AssistantDefinition,
  CallOptions,
  ClientTool,
  ClientToolDefinition,
  Cost,
  ReasoningEffort,
  RecoverReport,
  Run,
  RunEvent,
  RunSummary,
  RunUsage,
  Step,
  TextPart,
  Tool,
  ToolContext,
  ToolDefinition,
  ToolOutput,
  Truncation,
} from "./assistants/index.ts";
export { BudgetError, ERROR_CODES, isBudgetError, toProblem } from "./errors.ts";
export type { BudgetErrorInit, ErrorCode } from "./errors.ts";
export { memory } from "./ledger/index.ts";
export type {
  Act,
  ActLine,
  Balance,
  Charge,
  Item,
  KeptCharges,
  LedgerLine,
  LineQuery,
  OpenCall,
  Settings,
  StepLine,
  Stop,
  StopReason,
  Store,
} from "./ledger/index.ts";
export type {
  BudgetOptions,
  DurationText,
  LimitsOption,
  Log,
  PolicyOptions,
  ScopeLimits,
} from "./options.ts";
export type {
  LimitText,
  OwnPrice,
  PriceAlias,
  PriceOverride,
  RatesText,
  Unit,
  Usage,
} from "./rules/index.ts";
export { LoopDetector, loopReport } from "./rules/loops/index.ts";
export type {
  Found,
  Loop,
  LoopKind,
  LoopOptions,
  LoopReport,
  ThreadMemory,
  ToolCall,
  ToolSettings,
} from "./rules/loops/index.ts";
export type { Environment } from "./client/own-client.ts";
export type { Subject } from "./subject.ts";
