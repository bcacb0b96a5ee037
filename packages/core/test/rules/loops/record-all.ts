import {
  type Loop,
  LoopDetector,
  type LoopOptions,
  type ToolCall,
} from "../../../src/rules/loops/index.ts";

/** What a detector says of each call. */
export function recordAll(
  calls: readonly ToolCall[],
  options?: LoopOptions,
): readonly (Loop | null)[] {
  const detector = new LoopDetector(options);
  return calls.map((call) => detector.record(call));
}

/** At which call it first says so, from 0; -1 if never. */
export function firstAt(
  calls: readonly ToolCall[],
  action: Loop["action"],
  options?: LoopOptions,
): number {
  return recordAll(calls, options).findIndex((loop) => loop?.action === action);
}

/** The same call so many times. */
export function times(count: number, call: ToolCall): readonly ToolCall[] {
  return Array.from({ length: count }, () => call);
}

/** Calls made one by one. */
export function each(count: number, make: (index: number) => ToolCall): readonly ToolCall[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
