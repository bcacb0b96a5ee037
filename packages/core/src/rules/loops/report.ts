import { LoopDetector, type ToolCall } from "./detector.ts";
import type { Loop } from "./loop.ts";
import type { LoopOptions } from "./options.ts";

/** A loop in a stored trace, and the call with which it was found. */
export interface Found {
  /** Which call, from 0. */
  readonly at: number;
  readonly loop: Loop;
}

/** What a detector would have said of a stored trace. */
export interface LoopReport {
  /** How many calls the trace has. */
  readonly calls: number;
  /** Each warning, and the first stop. */
  readonly found: readonly Found[];
  /** With which call the run would have been stopped; null if it would not. */
  readonly stopAt: number | null;
  /** How many calls were made after it. */
  readonly wasted: number;
}

/** Goes through the calls of a run that is over, and marks the loops in it. */
export function loopReport(trace: Iterable<ToolCall>, options?: LoopOptions): LoopReport {
  const detector = new LoopDetector(options);
  const found: Found[] = [];
  let stopAt: number | null = null;
  let calls = 0;
  for (const call of trace) {
    const loop = stopAt === null ? detector.record(call) : null;
    if (loop !== null) found.push({ at: calls, loop });
    if (loop?.action === "stop") stopAt = calls;
    calls++;
  }
  return { calls, found, stopAt, wasted: stopAt === null ? 0 : calls - stopAt - 1 };
}
