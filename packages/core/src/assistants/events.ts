import type { OpenCall } from "../ledger/index.ts";
import type { Run, Step } from "./run.ts";

/** What happens in a run, as it happens. */
export type RunEvent =
  /** The first one: the run is remembered, and can be cancelled and resumed by its id. */
  | { readonly type: "start"; readonly run: string; readonly thread: string }
  /** A piece of the answer. */
  | { readonly type: "text"; readonly delta: string }
  /** The model asks for a tool. */
  | ({ readonly type: "tool_call" } & OpenCall)
  /** A tool has answered, or failed. */
  | {
      readonly type: "tool_output";
      readonly callId: string;
      readonly name: string;
      readonly failed: boolean;
    }
  /** A call that a crash cut off, of a tool that is not run twice: it may or may not have happened. */
  | { readonly type: "interrupted"; readonly callId: string; readonly name: string }
  /** A step was charged; `cost` is the run's so far. */
  | { readonly type: "step"; readonly step: Step; readonly cost: Run["cost"] }
  /** The end of the stream. */
  | { readonly type: "run"; readonly run: Run };
