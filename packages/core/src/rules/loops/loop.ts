/** What sort of loop it is. */
export type LoopKind =
  /** One call again and again, with the same result. */
  | "repeat"
  /** Several calls round and round, with the same results. */
  | "cycle"
  /** One call again and again; of its results only ids move. */
  | "near-repeat"
  /** One error again and again. */
  | "error"
  /** Other arguments, the same result. */
  | "no-news"
  /** Look-ups that all find nothing. */
  | "nothing-found"
  /** The same thing said in other words, with the same short answer. */
  | "reworded"
  /** A job that does not move, or a service that stays away. */
  | "polling"
  /** One tool was called more often than its `maxCalls`. */
  | "max-calls"
  /** One run after another fails in the same way. */
  | "across-runs";

/** A loop that a call is part of. */
export interface Loop {
  readonly kind: LoopKind;
  /** How often it was seen: rounds of a cycle, calls otherwise; runs for `across-runs`. */
  readonly repeats: number;
  /** How many calls a round has. */
  readonly cycle: number;
  /** `warn` comes once a loop: tell the model. `stop` comes with each further call: end it. */
  readonly action: "warn" | "stop";
}

/** From which count on to warn, and to stop. */
export interface Patience {
  readonly warn: number;
  readonly stop: number;
}

/** The loop that a count stands for: a warning exactly once, then, from `stop` on, always a stop. */
export function judged(kind: LoopKind, count: number, patience: Patience): Loop | undefined {
  if (count >= patience.stop) return { kind, repeats: count, cycle: 1, action: "stop" };
  if (count === patience.warn) return { kind, repeats: count, cycle: 1, action: "warn" };
  return undefined;
}

/** The graver of two; the first, if they are equal. */
export function graver(first: Loop | undefined, second: Loop | undefined): Loop | undefined {
  if (first === undefined) return second;
  return first.action === "warn" && second?.action === "stop" ? second : first;
}
