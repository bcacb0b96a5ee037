/** A refusal as a front end needs it. */

/** Every code that a budgeted app can answer with; its documentation has a paragraph for each. */
export const BUDGET_CODES = [
  "budget_exceeded",
  "budget_in_flight",
  "run_exceeds_budget",
  "app_budget_exhausted",
  "provider_quota_exhausted",
  "provider_rate_limited",
  "provider_unreachable",
  "provider_timeout",
  "provider_refused",
  "identity_required",
  "subject_frozen",
  "invalid_input",
  "input_too_large",
  "thread_not_found",
  "run_not_found",
  "thread_busy",
  "idempotency_conflict",
  "assistant_unknown",
  "model_price_unknown",
  "api_key_missing",
  "call_not_metered",
  "act_refused",
  "store_unavailable",
  "invalid_options",
] as const;

export type BudgetCode = (typeof BUDGET_CODES)[number];

/** One of the caller's own windows that said no. Dollars are decimal strings; tokens and runs are numbers. */
export interface RefusedBy {
  /** `run`, `thread`, `user`, or the app's own. */
  readonly scope: string;
  /** `day`, `month`, …, `lifetime`. */
  readonly period: string;
  readonly unit: "usd" | "tokens" | "runs";
  readonly limit: string | number;
  readonly spent: string | number;
  /** What running calls have set aside. */
  readonly held: string | number;
  readonly remaining: string | number;
  /** What the smallest useful answer would have needed. */
  readonly needed: string | number;
}

export interface BudgetProblem {
  readonly code: BudgetCode;
  /** HTTP status that it has, or would have had. */
  readonly status: number;
  /** The code in a few words. */
  readonly title: string;
  /** One sentence for the person: what, how much, when it comes back. */
  readonly detail: string;
  /** Whether the same request can succeed later without anything else changing. */
  readonly retryable: boolean;
  /** Whether the caller's own budget said no: a 402. Otherwise it is not about their money. */
  readonly isOwnBudget: boolean;
  /** Seconds after which trying again can help; absent where it can't, or where nobody knows. */
  readonly retryAfter?: number;
  /** When the money comes back; absent where it never does, or where nobody knows. */
  readonly resetsAt?: Date;
  /** The caller's own windows that said no; empty where it is not about their money. */
  readonly refusedBy: readonly RefusedBy[];
}
