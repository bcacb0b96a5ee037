/** The protocol that carries out steps. */
import type { Item } from "../ledger/index.ts";

/** What a step sends, but for the number of output tokens, which the ledger decides. */
export interface StepBody {
  readonly model: string;
  readonly instructions?: string;
  readonly input: readonly Item[];
  readonly tools?: readonly Readonly<Record<string, unknown>>[];
  readonly tool_choice?: "none";
  readonly parallel_tool_calls?: boolean;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly reasoning?: Readonly<Record<string, unknown>>;
  readonly service_tier: string;
  readonly store: boolean;
  readonly include?: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface StepListeners {
  /** The response id, as soon as it is known. */
  readonly created: (responseId: string) => void;
  readonly text: (delta: string) => void;
}

/** A finished answer, whatever became of it. */
export interface Answered {
  readonly kind: "answered";
  readonly responseId?: string;
  readonly status: "completed" | "incomplete" | "failed";
  /** Why it is incomplete, or the code with which it failed. */
  readonly reason?: string;
  readonly output: readonly Item[];
  /** As the provider sent it: not looked at yet. */
  readonly usage: unknown;
  readonly model: string;
  readonly tier: string | undefined;
}

/** The request was refused, or never got there: nothing was spent. */
export interface NotSpent {
  readonly kind: "not_spent";
  readonly reason: "rate_limited" | "quota" | "unreachable" | "refused" | "key" | "busy";
  readonly message: string;
  readonly retry: boolean;
  /** Seconds that the provider asks to wait. */
  readonly retryAfter?: number;
  readonly cause: unknown;
}

/** The provider failed before any event: billed or not, nobody says. */
interface ServerError {
  readonly kind: "server_error";
  readonly message: string;
  readonly cause: unknown;
}

/** The request was sent and its outcome is hidden. */
export interface Lost {
  readonly kind: "lost";
  readonly responseId?: string;
  /** In a few words, for the ledger's line. */
  readonly message: string;
  readonly timedOut: boolean;
  readonly cause?: unknown;
}

/** How a model call ended, as far as it can be seen. */
export type Ending = Answered | NotSpent | ServerError | Lost;

/** What the provider says later of a response. `pending`: not over yet. `missing`: it knows none such, yet. */
export type Found = Answered | { readonly kind: "pending" | "missing" | "unreachable" };

export interface Backend {
  /** One model call, read to its end whoever has left. Never throws: every failure is an ending. */
  step(body: StepBody & { readonly max_output_tokens: number }, on: StepListeners): Promise<Ending>;
  /** What became of a response. Never throws. */
  find(responseId: string): Promise<Found>;
}
