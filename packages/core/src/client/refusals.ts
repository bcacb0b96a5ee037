/** What this library refuses, brought to the app through the SDK as it is. */
import type { OpenAI } from "openai";
import { BudgetError } from "../errors.ts";

/** A call that the budget can't count. */
export function notMetered(
  what: string,
  { why, wayOut }: { readonly why: string; readonly wayOut: string },
): BudgetError {
  return new BudgetError("call_not_metered", { message: `${what}: ${why}. ${wayOut}` });
}

/** Errors that reach the app through the SDK: an answer that we make up stands for each. */
export interface StandIns {
  /** An answer that the SDK neither sends again nor takes for a success. */
  answer(error: Error): Response;
  /** The error that these headers stand for. */
  of(headers: unknown): Error | undefined;
}

export function standIns(): StandIns {
  const made = new WeakMap<object, Error>();
  return {
    answer: (error) => {
      // Not the refusal's own status: a 401 would make the SDK fetch another token.
      const headers = { "content-type": "application/json", "x-should-retry": "false" };
      const response = new Response("{}", { status: 402, headers });
      made.set(response.headers, error);
      return response;
    },
    of: (headers) =>
      typeof headers === "object" && headers !== null ? made.get(headers) : undefined,
  };
}

/** What the SDK itself would throw after its last attempt. */
export function connectionError(client: OpenAI, cause: unknown): Error {
  const name = cause === undefined ? "APIConnectionTimeoutError" : "APIConnectionError";
  const made: unknown = Reflect.get(client.constructor, name);
  const error: unknown =
    typeof made === "function" ? Reflect.construct(made, [{ cause }]) : undefined;
  return error instanceof Error ? error : new TypeError("the connection broke", { cause });
}

/**
 * The SDK's streaming helpers put whatever is not an error of its own into one of its own, where
 * nobody would know a refusal. So it becomes one, by its prototype; its brand and fields stay.
 */
export function asSdkError(error: BudgetError, client: OpenAI): BudgetError {
  const sdks: unknown = Reflect.get(client.constructor, "OpenAIError");
  const base: unknown = typeof sdks === "function" ? sdks.prototype : undefined;
  if (typeof base !== "object" || base === null) return error;
  const own = Object.getOwnPropertyDescriptors(BudgetError.prototype);
  Object.setPrototypeOf(error, Object.create(base, own));
  return error;
}
