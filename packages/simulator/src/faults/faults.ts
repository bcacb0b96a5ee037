import type { Json } from "../json.ts";

interface FaultRule {
  /** How many matching requests pass before the first one is hit. Default 0. */
  readonly after?: number;
  /** How many requests are hit; `Infinity` for all. Default 1. */
  readonly times?: number;
  /**
   * The route, as the method and the path with its ids in braces.
   * Default `POST /v1/responses`, for `retrieve_error` `GET /v1/responses/{id}`.
   */
  readonly path?: string;
  /** Only requests whose body it accepts. Default all. */
  readonly match?: (body: Json | undefined) => boolean;
  /** The share of the matching requests that is hit, drawn from the simulator's seed. Default 1. */
  readonly probability?: number;
}

/** 429 `rate_limit_exceeded`; `retryAfter` seconds go into the `retry-after` headers. Nothing is billed. */
interface RateLimit {
  readonly kind: "rate_limit";
  readonly retryAfter?: number;
}

/** 429 `insufficient_quota`: no money left. Nothing is billed. */
interface InsufficientQuota {
  readonly kind: "insufficient_quota";
}

/** 429 `project_spend_limit_exceeded`: the project's own limit. Nothing is billed. */
interface SpendLimit {
  readonly kind: "spend_limit";
}

/** 500. With `billed` the response is generated, stored and billed all the same. */
interface ServerError {
  readonly kind: "server_error";
  readonly billed?: boolean;
}

/** 503: overloaded. Nothing is billed. */
interface Overloaded {
  readonly kind: "overloaded";
}

/** The socket is destroyed as if the request had never been read. Nothing is billed. */
interface RefuseConnection {
  readonly kind: "refuse_connection";
}

/** The request is accepted, generated and billed; the socket is destroyed before any byte is sent. */
interface CutBeforeFirstEvent {
  readonly kind: "cut_before_first_event";
}

/** The socket is destroyed after so many events; without a stream, in the middle of the body. Billed. */
interface CutAfterEvents {
  readonly kind: "cut_after_events";
  readonly events: number;
}

/** Nothing more is sent after so many events and the socket stays open; without a stream, nothing at all. Billed. */
interface Silence {
  readonly kind: "silence";
  readonly afterEvents: number;
}

/** The stream ends in good order, but without its terminal event; without a stream, half-way through the body. Billed. */
interface EndWithoutTerminal {
  readonly kind: "end_without_terminal";
}

/** The answer has no usage; with `retrieved` neither has a later retrieve. Billed. */
interface MissingUsage {
  readonly kind: "missing_usage";
  readonly retrieved?: boolean;
}

/** The model ignores `max_output_tokens` and writes on to the end. Billed in full. */
interface ExceedsCap {
  readonly kind: "exceeds_cap";
}

/** The answer names another model. Billed at that model's price if it has one, else at the price of the model asked for. */
interface UnknownModelAnswered {
  readonly kind: "unknown_model_answered";
  readonly model: string;
}

/** For so long after the request, a retrieve says `in_progress`. Goes together with a cut. */
interface InProgressFor {
  readonly kind: "in_progress_for";
  readonly ms: number;
}

/** For so long after the request, a retrieve gives 404. Goes together with a cut. */
interface Early404 {
  readonly kind: "early_404";
  readonly ms: number;
}

/** One event, the `afterEvents`-th and then the stream's end, is no JSON; without a stream, the body is none. Billed. */
interface MalformedEvent {
  readonly kind: "malformed_event";
  /** How many sound events come first. Default 2. */
  readonly afterEvents?: number;
}

/** 500 for a retrieve. */
interface RetrieveError {
  readonly kind: "retrieve_error";
}

/**
 * Something that goes wrong on demand.
 * One request is hit by at most one fault that decides how it is answered, the one injected first;
 * `missing_usage`, `exceeds_cap`, `unknown_model_answered`, `in_progress_for` and `early_404`
 * go together with it and with one another.
 */
export type Fault = FaultRule &
  (
    | RateLimit
    | InsufficientQuota
    | SpendLimit
    | ServerError
    | Overloaded
    | RefuseConnection
    | CutBeforeFirstEvent
    | CutAfterEvents
    | Silence
    | EndWithoutTerminal
    | MissingUsage
    | ExceedsCap
    | UnknownModelAnswered
    | InProgressFor
    | Early404
    | MalformedEvent
    | RetrieveError
  );

export type FaultKind = Fault["kind"];

export function findFault<Kind extends FaultKind>(
  faults: readonly Fault[],
  kind: Kind,
): Extract<Fault, { kind: Kind }> | undefined {
  const isKind = (fault: Fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind;
  return faults.find(isKind);
}
