import type { Result } from "./result.ts";
import type { Signature } from "./signature.ts";

/** A finished call, as the rules see it. */
export interface Call {
  readonly signature: Signature;
  readonly result: Result;
  /** Bits of `DOES`. */
  readonly traits: number;
  /** The tool's hash. */
  readonly tool: number;
  /** A hash of what was asked and what came back: equal for equal calls with equal results. */
  readonly key: number;
  /** Is it worth asking again, since something may still happen? */
  readonly isPolling: boolean;
  /** Is it a tool whose equal calls do it again each time? */
  readonly isMaking: boolean;
}
