/** The `fetch` of a budgeted client: nothing that costs money leaves without a hold. */
import { type BudgetError, isBudgetError } from "../errors.ts";
import { promptBound } from "../rules/index.ts";
import { callPlan } from "./call-plan.ts";
import { chatCall } from "./chat-call.ts";
import type { ClientCall, ClientHost, Who } from "./client-host.ts";
import { embeddingsCall } from "./embeddings-call.ts";
import { type Endpoint, endpointOf } from "./endpoints.ts";
import { holdAttempt } from "./held-attempt.ts";
import type { MeteredCall } from "./metered-call.ts";
import { type StandIns, notMetered } from "./refusals.ts";
import { type Fields, isFields, refusedField } from "./request-fields.ts";
import { responsesCall } from "./responses-call.ts";
import { type Fetch, isGivenUp, sendCall } from "./sent-call.ts";
import { countedByProvider, previousTotal } from "./server-history.ts";

export interface MeteredFetchOptions {
  readonly host: ClientHost;
  /** Asked at each request: a route's policies may have come since. @throws BudgetError */
  readonly who: () => Promise<Who>;
  /** The app's own `fetch`. */
  readonly send: Fetch;
  readonly baseURL: () => string;
  /** Which call of the app's a request belongs to. */
  readonly callOf: (init: RequestInit) => { readonly call: ClientCall; readonly timeoutMs: number };
  readonly standIns: StandIns;
  /** The SDK's own, for a call that is not sent once more. */
  readonly connectionError: (cause: unknown) => Error;
  /** Told of each refusal that the app gets to see. */
  readonly refused: (error: BudgetError) => BudgetError;
}

export function meteredFetch(options: MeteredFetchOptions): Fetch {
  const { host, send, baseURL, standIns } = options;
  return async (url, init) => {
    try {
      const endpoint = endpointOf(init.method ?? "GET", url, baseURL());
      if (endpoint === "free") return await send(url, init);
      return await host.underWay(meteredRequest(options, { endpoint, url, init }));
    } catch (error) {
      if (!isBudgetError(error)) throw error;
      return standIns.answer(options.refused(error));
    }
  };
}

async function meteredRequest(
  { host, who: find, send, callOf, standIns, connectionError }: MeteredFetchOptions,
  { endpoint, url, init }: { endpoint: Endpoint; url: string; init: RequestInit },
): Promise<Response> {
  host.ready();
  const metered = meteredCall(endpoint, bodyOf(init), host);
  const { call, timeoutMs } = callOf(init);
  const gaveUp = () => standIns.answer(connectionError(call.failure));
  if (isGivenUp(call)) return gaveUp();
  const who = await find();
  const signal = init.signal ?? undefined;
  const history = () => historyTokens(host, metered, { send, url, init });
  const plan = await callPlan(host, who, { metered, call, signal, history });
  const attempt = await holdAttempt(host, plan, metered);
  return sendCall({ host, send, url, init, metered, attempt, call, gaveUp, timeoutMs });
}

function meteredCall(endpoint: Endpoint, body: Fields, { stored }: ClientHost): MeteredCall {
  switch (endpoint) {
    case "responses":
      return responsesCall(body, { stored });
    case "chat":
      return chatCall(body);
    case "embeddings":
      return embeddingsCall(body);
  }
}

function bodyOf({ body }: RequestInit): Fields {
  const parsed: unknown = typeof body === "string" ? parse(body) : undefined;
  if (isFields(parsed)) return parsed;
  throw notMetered("This call was not sent", {
    why: "its body is no JSON object, so what it costs can't be counted",
    wayOut: "Give the method its parameters as an object.",
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws BudgetError `call_not_metered` where nobody can say how long the history is. */
async function historyTokens(
  host: ClientHost,
  { history }: MeteredCall,
  request: { readonly send: Fetch; readonly url: string; readonly init: RequestInit },
): Promise<number> {
  if (!history) return 0;
  if ("previous" in history) {
    const total = await previousTotal(history.previous, host.answers, host.backend);
    if (total !== undefined) return promptBound({ bytes: total, items: 0, tools: 0 });
    throw refusedField(
      "previous_response_id",
      "neither this process nor the provider can say how long that response was",
    );
  }
  const { send, url, init } = request;
  const asked = send(url.replace(/\/responses(?=$|\?)/, "/responses/input_tokens"), {
    ...init,
    body: JSON.stringify(history.conversation),
  });
  const tokens = await countedByProvider(asked);
  if (tokens !== undefined) return promptBound({ bytes: tokens, items: 0, tools: 0 });
  throw refusedField("conversation", "the provider does not say how long that conversation is");
}
