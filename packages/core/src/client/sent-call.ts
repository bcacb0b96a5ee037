/** A held call on its way: sent, and its answer brought to the SDK as the provider gave it. */
import { endingOf } from "../assistants/index.ts";
import type { ClientCall, ClientHost } from "./client-host.ts";
import type { HeldAttempt } from "./held-attempt.ts";
import type { MeteredCall } from "./metered-call.ts";
import { streamPassage, wholePassage } from "./passages.ts";
import { type Patience, passOn } from "./passing-body.ts";
import { isFields, jsonIn } from "./request-fields.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Sending {
  readonly host: Pick<ClientHost, "underWay" | "idleMs">;
  readonly send: Fetch;
  readonly url: string;
  readonly init: RequestInit;
  readonly metered: MeteredCall;
  readonly attempt: HeldAttempt;
  readonly call: ClientCall;
  /** What the SDK is told instead of being let to send the call once more. */
  readonly gaveUp: () => Response;
  /** How long the app waits for an answer to begin, ms. */
  readonly timeoutMs: number;
}

/** Attempts that may have cost something and are sent again: a provider's bad hour must not eat budgets. */
const CHARGED_RETRIES = 1;

/** Whether a call has failed often enough. */
export function isGivenUp({ failures }: ClientCall): boolean {
  return failures > CHARGED_RETRIES;
}

/**
 * Sends a call. What the app aborts is not passed on: the provider may go on and bill it, so its
 * answer is waited for and read to its end, and the hold is settled by it.
 */
export function sendCall(sending: Sending): Promise<Response> {
  const { host, send, url, init, metered, attempt, call } = sending;
  const { signal } = init;
  const provider = new AbortController();
  const stop = () => provider.abort(new Error("nothing was heard for too long"));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hasLeft = false;
  const body = JSON.stringify(metered.body(attempt.outputTokens));

  async function answer(): Promise<Response> {
    try {
      const response = await send(url, { ...init, body, signal: provider.signal });
      clearTimeout(timer);
      return response.ok ? passedOn(sending, response, stop) : await refused(sending, response);
    } catch (error) {
      clearTimeout(timer);
      // As the SDK would wrap it, which is how failures are read.
      const wrapped = { name: "APIConnectionError", status: undefined, cause: error };
      const silent = provider.signal.aborted;
      const ending = endingOf(wrapped, { streaming: false, silent });
      await attempt.ended(ending);
      if (ending.kind === "not_spent" || hasLeft) throw error;
      call.failures += 1;
      call.failure = error;
      if (isGivenUp(call)) return sending.gaveUp();
      throw error;
    }
  }

  if (signal?.aborted) return unsent(attempt, signal);
  const answered = host.underWay(answer());
  if (!signal) return answered;
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      // The answer may still come; it is waited for as long as a silent stream is.
      timer = setTimeout(stop, host.idleMs);
      hasLeft = true;
      call.failures += 1;
      reject(reasonOf(signal));
    };
    signal.addEventListener("abort", leave, { once: true });
    const heard = (): void => signal.removeEventListener("abort", leave);
    answered.finally(heard).then(resolve, reject);
  });
}

/** The app has left while its money was being held. */
async function unsent(attempt: HeldAttempt, signal: AbortSignal): Promise<never> {
  const cause = reasonOf(signal);
  const message = "aborted before it was sent";
  await attempt.ended({ kind: "not_spent", reason: "refused", message, retry: false, cause });
  throw cause;
}

function passedOn(
  { host, init, metered, attempt, timeoutMs }: Sending,
  response: Response,
  stop: () => void,
): Response {
  if (!response.body) {
    void attempt.ended({ kind: "lost", message: "the answer was empty", timedOut: false });
    return response;
  }
  const isStream = response.headers.get("content-type")?.includes("text/event-stream") === true;
  const passage = isStream ? streamPassage(metered, attempt) : wholePassage(metered, attempt);
  // A model that reasons may say nothing for longer than a stream that has begun.
  const patience: Patience = {
    listening: Math.max(host.idleMs, timeoutMs),
    left: host.idleMs,
  };
  const passing = passOn(response.body, passage, {
    signal: init.signal ?? undefined,
    patience,
    stop,
  });
  void host.underWay(passing.read);
  return likeThe(response, passing.body);
}

/** An error's body is read here, for what it says about the money, and handed on whole. */
async function refused({ attempt, call }: Sending, response: Response): Promise<Response> {
  const text = await response.text().catch(() => "");
  const { status, headers } = response;
  const said = errorIn(text);
  const ending = endingOf({ ...said, status, headers }, { streaming: false, silent: false });
  const { charges } = call;
  await attempt.ended(ending);
  if (call.charges > charges) call.failures += 1;
  const answer = likeThe(response, text);
  const isQuota = ending.kind === "not_spent" && ending.reason === "quota";
  if (isQuota || isGivenUp(call)) answer.headers.set("x-should-retry", "false");
  return answer;
}

/** The same answer with a body of ours. */
function likeThe(response: Response, body: ReadableStream<Uint8Array> | string): Response {
  const { status, statusText, headers, url } = response;
  const answer = new Response(body, { status, statusText, headers: new Headers(headers) });
  Object.defineProperty(answer, "url", { value: url });
  return answer;
}

function errorIn(text: string): { readonly code?: unknown; readonly type?: unknown } {
  const body = jsonIn(text);
  const error = isFields(body) ? body["error"] : undefined;
  return isFields(error) ? { code: error["code"], type: error["type"] } : {};
}

/** What fetch itself throws where its caller aborts. */
function reasonOf(signal: AbortSignal): unknown {
  return signal.reason ?? new DOMException("This operation was aborted", "AbortError");
}
