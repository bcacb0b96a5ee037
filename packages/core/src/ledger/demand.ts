/** What is asked of the ledger, and what a step gets of it. */
import type { Policy } from "../rules/index.ts";
import type { LimitLayers } from "./limit-layers.ts";
import type { HoldFacts } from "./store.ts";

/** Which subject stands for each scope: `{ user: 'alice', thread: 'thread_…', app: 'app' }`. */
export type Subjects = Readonly<Record<string, string>>;

/** The most that a step can cost, as a function of the output tokens that it is given. */
interface Ceiling {
  /** A bound of the tokens that are sent. */
  readonly promptTokens: number;
  /** Picodollars a token. */
  readonly rates: { readonly prompt: number; readonly completion: number };
  /**
   * Set aside beside the step and never charged with it: room for one more step, which sends this one's
   * output and so many tokens. It lies in the windows only; the hold's own ceiling is without it.
   */
  readonly spare?: {
    readonly promptTokens: number;
    readonly outputTokens: number;
    readonly rates: { readonly prompt: number; readonly completion: number };
  };
}

/** What a step asks the ledger for. */
export interface Demand {
  readonly limits: LimitLayers;
  readonly subjects: Subjects;
  readonly timeZone: string;
  readonly ceiling: Ceiling;
  readonly output: { readonly min: number; readonly max: number };
  /** True for a run of which nothing has been charged yet. */
  readonly countRun: boolean;
  readonly facts: HoldFacts;
  /** How long to wait for money that running calls hold, ms. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

/** Money set aside for one step. It ends exactly once, by `settle` or `release`. */
export interface Hold {
  readonly id: string;
  readonly outputTokens: number;
  /** Nano-dollars. */
  readonly ceiling: number;
  /** False once its expiry is near: then nothing may be sent on it any more. */
  fresh(): boolean;
}

/** Whose windows are looked at, and how they stand. */
export interface BalanceQuery extends Pick<Demand, "limits" | "subjects" | "timeZone"> {
  /** Only these scopes. */
  readonly scopes?: ReadonlySet<string>;
}

/** A limit, and the zone of its calendar. */
export interface LimitAt {
  readonly limit: Policy["limits"][string][number];
  readonly timeZone: string;
}
