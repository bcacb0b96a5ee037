import {
  BUDGET_CODES,
  type BudgetCode,
  type BudgetProblem,
  type RefusedBy,
} from "./budget-problem.ts";

/** So deep an error may be wrapped in others. */
const DEEPEST = 5;

const URN = "urn:assistants-budget:error:";
const CODES: ReadonlySet<unknown> = new Set(BUDGET_CODES);

/**
 * Reads a refusal of a budgeted app, from whatever a front end has in its hands: a `Response` of
 * `fetch` (which stays readable), the `problem` event of a stream or its `data`, an error that a
 * client threw (`openai`, axios, ofetch, the AI SDK and others that keep the body), a parsed body, or
 * its text.
 *
 * @returns the problem; nothing for anything else: a success, or an error of the app's own. Never throws.
 */
export async function parseBudgetError(found: unknown): Promise<BudgetProblem | undefined> {
  try {
    return await problemIn(found, 0);
  } catch {
    // A body that was read before, a getter that throws: then nobody can tell.
    return undefined;
  }
}

async function problemIn(found: unknown, depth: number): Promise<BudgetProblem | undefined> {
  if (depth > DEEPEST || found === null || found === undefined) return undefined;
  if (typeof found === "string") return problemIn(parsed(found), depth + 1);
  if (typeof found !== "object") return undefined;
  if (isResponse(found)) {
    if (found.ok) return undefined;
    const problem = await problemIn(await found.clone().text(), depth + 1);
    const wait = Number(found.headers.get("retry-after") ?? Number.NaN);
    return problem && Number.isFinite(wait) ? { ...problem, retryAfter: wait } : problem;
  }
  return problemOf(found) ?? innerProblem(found, depth);
}

/** Where clients and streams keep the body that they were answered with. */
const KEPT_IN = ["data", "error", "body", "responseBody", "response", "cause", "message"] as const;

async function innerProblem(found: object, depth: number): Promise<BudgetProblem | undefined> {
  for (const key of KEPT_IN) {
    const problem = await problemIn(Reflect.get(found, key), depth + 1);
    if (problem) return problem;
  }
  return undefined;
}

/** From the whole body, or from the OpenAI-shaped `error` in it, which is all that some clients keep. */
function problemOf(body: object): BudgetProblem | undefined {
  const { type, code, status, title, detail, message, retryable, resets_at, refused_by }: Body =
    body;
  const isWhole = typeof type === "string" && type.startsWith(URN);
  if (!isCode(code) || (!isWhole && type !== code)) return undefined;
  const resetsAt = typeof resets_at === "string" ? new Date(resets_at) : undefined;
  return {
    code,
    status: typeof status === "number" ? status : (STATUSES[code] ?? 500),
    title: text(title) ?? text(message) ?? "",
    detail: text(detail) ?? text(message) ?? "",
    retryable: retryable === true,
    isOwnBudget: STATUSES[code] === 402,
    ...(resetsAt && !Number.isNaN(resetsAt.getTime()) ? { resetsAt } : {}),
    refusedBy: Array.isArray(refused_by) ? refused_by.filter(isWindow) : [],
  };
}

interface Body {
  readonly type?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly title?: unknown;
  readonly detail?: unknown;
  readonly message?: unknown;
  readonly retryable?: unknown;
  readonly resets_at?: unknown;
  readonly refused_by?: unknown;
}

/** For clients that keep the OpenAI-shaped part only. */
const STATUSES: Readonly<Partial<Record<BudgetCode, number>>> = {
  budget_exceeded: 402,
  budget_in_flight: 402,
  run_exceeds_budget: 402,
  app_budget_exhausted: 503,
  provider_quota_exhausted: 503,
  provider_rate_limited: 503,
  provider_unreachable: 502,
  provider_timeout: 504,
  provider_refused: 502,
  identity_required: 401,
  subject_frozen: 403,
  invalid_input: 400,
  input_too_large: 413,
  thread_not_found: 404,
  run_not_found: 404,
  thread_busy: 409,
  idempotency_conflict: 409,
  call_not_metered: 501,
  act_refused: 409,
  store_unavailable: 503,
};

interface ResponseLike {
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  clone(): { text(): Promise<string> };
}

function isResponse(found: object): found is ResponseLike {
  return "clone" in found && "ok" in found && "headers" in found && "text" in found;
}

function isCode(code: unknown): code is BudgetCode {
  return CODES.has(code);
}

function isWindow(window: unknown): window is RefusedBy {
  return typeof window === "object" && window !== null && "scope" in window && "limit" in window;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function parsed(body: string): unknown {
  if (!body.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
