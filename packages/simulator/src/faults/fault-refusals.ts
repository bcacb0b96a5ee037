import { ApiError } from "../errors.ts";
import type { Fault, FaultKind } from "./faults.ts";

interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly code: string;
}

const SERVER_ERROR: Refusal = {
  status: 500,
  message: "The server had an error while processing your request. Sorry about that!",
  type: "server_error",
  code: "server_error",
};

const REFUSALS: Readonly<Partial<Record<FaultKind, Refusal>>> = {
  rate_limit: {
    status: 429,
    message: "Rate limit reached on tokens per min (TPM). Please try again later.",
    type: "tokens",
    code: "rate_limit_exceeded",
  },
  insufficient_quota: {
    status: 429,
    message: "You exceeded your current quota, please check your plan and billing details.",
    type: "insufficient_quota",
    code: "insufficient_quota",
  },
  spend_limit: {
    status: 429,
    message: "This project has reached its spend limit for the month.",
    type: "insufficient_quota",
    code: "project_spend_limit_exceeded",
  },
  overloaded: {
    status: 503,
    message: "The engine is currently overloaded, please try again later.",
    type: "service_unavailable_error",
    code: "server_is_overloaded",
  },
  server_error: SERVER_ERROR,
  retrieve_error: SERVER_ERROR,
};

function retryHeaders(fault: Fault): Readonly<Record<string, string>> {
  const seconds = fault.kind === "rate_limit" ? fault.retryAfter : undefined;
  if (seconds === undefined) return {};
  return { "retry-after": `${seconds}`, "retry-after-ms": `${seconds * 1000}` };
}

/** The refusal that a fault stands for; nothing for a fault that lets the request through. */
export function refusalFor(fault: Fault): ApiError | undefined {
  const refusal = REFUSALS[fault.kind];
  return refusal && new ApiError({ ...refusal, headers: retryHeaders(fault) });
}
