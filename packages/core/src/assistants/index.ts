export type { Answered, Backend, Ending } from "./backend.ts";
export type { AssistantDefinition, ReasoningEffort, Truncation } from "./assistant.ts";
export { breaker, isProvidersFault, paused } from "./breaker.ts";
export type { RunEvent } from "./events.ts";
export { endingOf } from "./failures.ts";
export { textField } from "./fields.ts";
export { type HeldPlan, endStep, reserveStep } from "./held-step.ts";
export { threadNotFound } from "./lease.ts";
export { outcomeOf } from "./outcome.ts";
export { pauseFor } from "./pause.ts";
export { DEFAULT_OUTPUT_TOKENS, priceUnknown } from "./plan.ts";
export type { CallOptions } from "./plan.ts";
export { recoverHolds } from "./recovery.ts";
export type { RecoverReport } from "./recovery.ts";
export { type Seen, answered, readEvent } from "./response-events.ts";
export { responsesBackend } from "./responses.ts";
export { summaryOf } from "./run.ts";
export type { Cost, Run, RunSummary, RunUsage, Step } from "./run.ts";
export { execute } from "./runner.ts";
export { resume } from "./resume.ts";
export { cancelRun, runNotFound } from "./cancel.ts";
export type { ToolOutput } from "./given-outputs.ts";
export { liveRuns } from "./live-runs.ts";
export type { RunTerms, RunnerHost } from "./session.ts";
export { smallestDemand } from "./smallest-step.ts";
export { sweeper } from "./sweeper.ts";
export { tool } from "./tool.ts";
export type {
  ClientTool,
  ClientToolDefinition,
  Tool,
  ToolContext,
  ToolDefinition,
} from "./tool.ts";
export type { TextPart } from "./user-input.ts";
