/** Loops in the calls of an agent. */
export { LoopDetector } from "./detector.ts";
export type { ToolCall } from "./detector.ts";
export type { Loop, LoopKind } from "./loop.ts";
export type { LoopOptions, ThreadMemory, ToolSettings } from "./options.ts";
export { loopReport } from "./report.ts";
export type { Found, LoopReport } from "./report.ts";
