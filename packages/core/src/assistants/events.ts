import type { Run, Step } from "./run.ts";

/** What happens in a run, as it happens. */
export type RunEvent =
  /** A piece of the answer. */
  | { readonly type: "text"; readonly delta: string }
  /** The model asks for a tool. */
  | {
      readonly type: "tool_call";
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
    }
  /** A tool has answered, or failed. */
  | {
      readonly type: "tool_output";
      readonly callId: string;
      readonly name: string;
      readonly failed: boolean;
    }
  /** A step was charged; `cost` is the run's so far. */
  | { readonly type: "step"; readonly step: Step; readonly cost: Run["cost"] }
  /** The end of the stream. */
  | { readonly type: "run"; readonly run: Run };
