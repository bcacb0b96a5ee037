/** What steps stand on. */
import type { Ledger } from "../ledger/index.ts";
import type { PriceTable } from "../rules/index.ts";
import type { Backend } from "./backend.ts";
import type { Breaker } from "./breaker.ts";
import type { ChargeTerms } from "./charging.ts";

/** What all steps of a process share. */
export interface StepHost {
  readonly ledger: Ledger;
  readonly backend: Backend;
  readonly prices: PriceTable;
  readonly breaker: Breaker;
  readonly monotonic: () => number;
  readonly regional: boolean;
  readonly on5xx: ChargeTerms["on5xx"];
  readonly maxRetries: number;
  /** Whether the provider keeps responses, so that a lost one can be asked for. */
  readonly stored: boolean;
  /** How long a lost response is asked for, ms. */
  readonly patienceMs: number;
  /** For the developer: what was charged without being known. */
  readonly warn: (message: string) => void;
}
