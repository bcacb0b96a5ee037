import type { Fault } from "./faults/faults.ts";
import type { ModelScript } from "./model/model-script.ts";
import type { PriceOverrides } from "./pricing.ts";

/** How a simulator is set up; every option may be left out. */
export interface SimulatorOptions {
  /** The port to listen on. Default 0: a free one. */
  readonly port?: number;
  /** The address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** What the model says. Default `echo()`. */
  readonly script?: ModelScript;
  /** The only key that is let in. Default: any key, but not none. */
  readonly apiKey?: string;
  /** How long the model waits before it begins, in milliseconds. Default 0. */
  readonly latencyMs?: number;
  /** The pause before each piece of text, in milliseconds. Default 0. */
  readonly chunkDelayMs?: number;
  /** The length of a piece of streamed text, in characters. Default 24. */
  readonly chunkSize?: number;
  /** Faults that are there from the start. Default none. */
  readonly faults?: readonly Fault[];
  /** Changes to the price list, by model; also a way to add a model. Default none. */
  readonly prices?: PriceOverrides;
  /** Models that answer with a dated name, which is priced like its base. Default none. */
  readonly snapshots?: Readonly<Record<string, string>>;
  /** Whether long prompts are cached. Default true. */
  readonly cache?: boolean;
  /** The seed of everything that is left to chance. Default 1. */
  readonly seed?: number;
}
