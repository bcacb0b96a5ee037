/** Every way in which this library says no: one class, a closed set of codes, one table beside it. */

interface CodeFacts {
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
}

const CODES: Readonly<Record<ErrorCode, CodeFacts>> = {
  budget_exceeded: { status: 402, title: "AI budget used up", retryable: false },
  budget_in_flight: { status: 402, title: "AI budget in use by running calls", retryable: true },
  run_exceeds_budget: {
    status: 402,
    title: "Request too large for the AI budget",
    retryable: false,
  },
  app_budget_exhausted: { status: 503, title: "AI is paused for everybody", retryable: true },
  provider_quota_exhausted: { status: 503, title: "AI is out of service", retryable: false },
  provider_rate_limited: { status: 503, title: "AI is busy", retryable: true },
  provider_unreachable: { status: 502, title: "AI can't be reached", retryable: true },
  provider_timeout: { status: 504, title: "AI did not answer in time", retryable: true },
  provider_refused: { status: 502, title: "AI refused the request", retryable: false },
  identity_required: { status: 401, title: "Sign in to use AI", retryable: false },
  subject_frozen: { status: 403, title: "AI is switched off here", retryable: false },
  invalid_input: { status: 400, title: "Invalid input", retryable: false },
  input_too_large: { status: 413, title: "Input too large", retryable: false },
  thread_not_found: { status: 404, title: "Thread not found", retryable: false },
  run_not_found: { status: 404, title: "Run not found", retryable: false },
  thread_busy: { status: 409, title: "Thread in use by another run", retryable: true },
  idempotency_conflict: { status: 409, title: "Done already", retryable: false },
  assistant_unknown: { status: 500, title: "Assistant not set up", retryable: false },
  model_price_unknown: { status: 500, title: "Assistant not set up", retryable: false },
  api_key_missing: { status: 500, title: "Assistant not set up", retryable: false },
  call_not_metered: { status: 501, title: "AI call not supported here", retryable: false },
  act_refused: { status: 409, title: "Not done", retryable: false },
  store_unavailable: { status: 503, title: "AI budget can't be checked", retryable: true },
  invalid_options: { status: 500, title: "Invalid options", retryable: false },
};

/** The closed set of error codes; `docs/errors.md` has a paragraph for each. */
export type ErrorCode =
  | "budget_exceeded"
  | "budget_in_flight"
  | "run_exceeds_budget"
  | "app_budget_exhausted"
  | "provider_quota_exhausted"
  | "provider_rate_limited"
  | "provider_unreachable"
  | "provider_timeout"
  | "provider_refused"
  | "identity_required"
  | "subject_frozen"
  | "invalid_input"
  | "input_too_large"
  | "thread_not_found"
  | "run_not_found"
  | "thread_busy"
  | "idempotency_conflict"
  | "assistant_unknown"
  | "model_price_unknown"
  | "api_key_missing"
  | "call_not_metered"
  | "act_refused"
  | "store_unavailable"
  | "invalid_options";

/** All codes, for tests and documentation. */
export const ERROR_CODES: readonly string[] = Object.keys(CODES);

/** What a {@link BudgetError} is made of. */
export interface BudgetErrorInit {
  /** For the developer: what was wrong, what was found, what is allowed, what to do. Never holds a secret or a message's text. */
  readonly message: string;
  /** For the person behind the request. Default: `message` where the status is under 500, else the code's title. */
  readonly detail?: string;
  /** Seconds after which trying again can help; sent as `Retry-After`, rounded up. */
  readonly retryAfter?: number;
  /** Members that go into the problem body as they are; snake_case, JSON. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const BRAND = Symbol.for("assistants-budget.error");

/**
 * The only error that this library throws on purpose. It carries the fields that Express, Koa and
 * Fastify read from an error (`status`, `statusCode`, `expose`, `headers`).
 */
export class BudgetError extends Error {
  readonly code: ErrorCode;
  /** HTTP status. */
  readonly status: number;
  /** Same as `status`, under the name that Fastify reads. */
  readonly statusCode: number;
  /** Whether `message` may be shown to the client. */
  readonly expose: boolean;
  /** Whether sending the same request again can succeed without anything else changing. */
  readonly retryable: boolean;
  /** Response headers, ready to be sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** The code in a few words, for the person behind the request. */
  readonly title: string;
  /** One sentence for the person behind the request. */
  readonly detail: string;
  /** Further members of the problem body. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, init: BudgetErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    const facts = CODES[code];
    this.name = "BudgetError";
    this.code = code;
    this.status = facts.status;
    this.statusCode = facts.status;
    this.expose = facts.status < 500;
    this.retryable = facts.retryable;
    this.title = facts.title;
    this.detail = init.detail ?? (this.expose ? init.message : `${facts.title}.`);
    this.members = init.members ?? {};
    this.headers = {
      "Cache-Control": "no-store",
      ...(init.retryAfter === undefined
        ? {}
        : { "Retry-After": String(Math.max(1, Math.ceil(init.retryAfter))) }),
      ...(facts.retryable ? {} : { "X-Should-Retry": "false" }),
    };
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** The problem body; so that `JSON.stringify(error)` never shows a stack. */
  toJSON(): Record<string, unknown> {
    return toProblem(this);
  }
}

/**
 * Tells a refusal of this library from any other error. By a registered symbol and not by
 * `instanceof`, because an app may hold two copies of the package.
 */
export function isBudgetError(error: unknown): error is BudgetError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/**
 * The body of a refusal: RFC 9457 problem details that are an OpenAI-shaped `error` object as well,
 * so that browsers, problem+json clients and the `openai` SDK all show the same sentence.
 */
export function toProblem(error: BudgetError): Record<string, unknown> {
  return {
    type: `urn:assistants-budget:error:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.detail,
    code: error.code,
    retryable: error.retryable,
    ...error.members,
    error: { message: error.detail, type: error.code, code: error.code, param: null },
  };
}
