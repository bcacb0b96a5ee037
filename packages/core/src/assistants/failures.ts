/** What a thrown error of the SDK says about the money: not spent, perhaps spent, or hidden. */
import type { Ending, NotSpent } from "./backend.ts";
import { field, textField } from "./fields.ts";

interface Seen {
  readonly responseId?: string;
  /** Whether the provider had begun to answer. */
  readonly streaming: boolean;
  /** Whether we gave up after a long silence. */
  readonly silent: boolean;
}

/** Causes that say that no connection came about, so that nothing was sent. */
const NEVER_CONNECTED: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_INVALID_URL",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

const REFUSED_BY_FETCH =
  /^(bad port|unknown scheme)$|^Request cannot be constructed from a URL that includes credentials/i;

/** The provider's own account is out of money: no retry brings it back. */
const QUOTA: ReadonlySet<unknown> = new Set([
  "insufficient_quota",
  "credit_balance_exhausted",
  "organization_spend_limit_exceeded",
  "project_spend_limit_exceeded",
  "organization_usage_limit_exceeded",
]);

export function endingOf(error: unknown, seen: Seen): Ending {
  const status = field(error, "status");
  if (!seen.streaming && typeof status === "number") return byStatus(error, status);
  if (!seen.streaming && neverConnected(error)) {
    const message = `no connection (${rootName(error)})`;
    return { kind: "not_spent", reason: "unreachable", message, retry: true, cause: error };
  }
  if (!seen.streaming && !isSdkError(error)) {
    // What fetch throws, the SDK wraps: anything bare was thrown before the request was handed over.
    const message = `the request could not be made (${rootName(error)})`;
    return { kind: "not_spent", reason: "refused", message, retry: false, cause: error };
  }
  return {
    kind: "lost",
    message: seen.silent ? "the stream fell silent" : `the connection broke (${rootName(error)})`,
    timedOut: seen.silent || field(error, "name") === "APIConnectionTimeoutError",
    cause: error,
    ...(seen.responseId === undefined ? {} : { responseId: seen.responseId }),
  };
}

export function isNotFound(error: unknown): boolean {
  return field(error, "status") === 404;
}

function byStatus(error: unknown, status: number): Ending {
  if (status >= 500) return { kind: "server_error", message: `status ${status}`, cause: error };
  const code = field(error, "code");
  const message = `status ${status}${typeof code === "string" ? `, ${code}` : ""}`;
  const notSpent = (reason: NotSpent["reason"], retry: boolean): NotSpent => ({
    kind: "not_spent",
    reason,
    message,
    retry,
    cause: error,
    ...retryAfterOf(error),
  });
  if (QUOTA.has(code) || QUOTA.has(field(error, "type"))) return notSpent("quota", false);
  if (status === 429) return notSpent("rate_limited", true);
  if (status === 401 || status === 403) return notSpent("key", false);
  if (code === "conversation_locked" || status === 408 || status === 409)
    return notSpent("busy", true);
  return notSpent("refused", false);
}

/** Seconds, from `retry-after-ms` or `retry-after`. */
function retryAfterOf(error: unknown): { readonly retryAfter?: number } {
  const headers = field(error, "headers");
  if (!(headers instanceof Headers)) return {};
  const ms = Number(headers.get("retry-after-ms") ?? Number.NaN);
  const seconds = Number.isFinite(ms)
    ? ms / 1000
    : Number(headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfter: seconds } : {};
}

function neverConnected(error: unknown): boolean {
  for (const cause of causes(error)) {
    const code = field(cause, "code");
    if (NEVER_CONNECTED.has(code)) return true;
    // These two also end connections that stood.
    const isRoute = code === "EHOSTUNREACH" || code === "ENETUNREACH";
    if (isRoute && field(cause, "syscall") === "connect") return true;
    // What fetch itself refuses to ask for carries no code.
    if (REFUSED_BY_FETCH.test(textField(cause, "message"))) return true;
  }
  return false;
}

/** Errors of the SDK carry a status, if only an empty one. */
function isSdkError(error: unknown): boolean {
  return typeof error === "object" && error !== null && "status" in error;
}

/** The innermost code or name. Never a message: it may quote a key, an address or the user. */
function rootName(error: unknown): string {
  const names = [...causes(error)].map(
    (cause) => textField(cause, "code") || textField(cause, "name"),
  );
  return names.findLast((name) => name !== "") ?? "unknown cause";
}

function* causes(error: unknown): Generator {
  let at = error;
  for (let depth = 0; at !== undefined && at !== null && depth < 8; depth++) {
    yield at;
    at = field(at, "cause");
  }
}
