/** The `fetch` of a budgeted client: nothing that costs money leaves without a hold. */
import type { Ending } from "../assistants/index.ts";
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
import { type Fields, isFields, jsonIn, refusedField } from "./request-fields.ts";
import { responsesCall } from "./responses-call.ts";
import { type Fetch, isGivenUp, sendCall } from "./sent-call.ts";
import { countedByProvider, isSameModel, previousTotal } from "./server-history.ts";

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
  options: MeteredFetchOptions,
  request: { readonly endpoint: Endpoint; readonly url: string; readonly init: RequestInit },
): Promise<Response> {
  const { host, who: find, send, callOf, standIns, connectionError } = options;
  const { url, init } = request;
  const { kind, deployment } = request.endpoint;
  host.ready();
  const metered = deployed(meteredCall(kind, bodyOf(init), host), deployment, host);
  const { call, timeoutMs } = callOf(init);
  const gaveUp = () => standIns.answer(connectionError(call.failure));
  if (isGivenUp(call)) return gaveUp();
  const who = await find();
  const signal = init.signal ?? undefined;
  const count = () => historyTokens(host, metered, { send, url, init });
  let counted = 0;
  const history = async (): Promise<number> => (counted = await count());
  const plan = await callPlan(host, who, { metered, call, signal, history });
  const attempt = await holdAttempt(host, plan, metered);
  // While money was waited for, others may have added to a conversation.
  const hasGrown = isConversation(metered) && (await count().catch(failed)) > counted;
  if (!hasGrown)
    return sendCall({ host, send, url, init, metered, attempt, call, gaveUp, timeoutMs });
  await attempt.ended(unsentBecause("the conversation has grown"));
  return meteredRequest(options, request);

  async function failed(error: unknown): Promise<never> {
    await attempt.ended(unsentBecause("the conversation could not be counted"));
    throw error;
  }
}

function isConversation({ history }: MeteredCall): boolean {
  return history !== undefined && history.previous === undefined;
}

function unsentBecause(message: string): Ending {
  return { kind: "not_spent", reason: "refused", message, retry: false, cause: undefined };
}

/** At Azure the deployment answers, whatever model the body names: one that is named like a model is taken at its word. */
function deployed(
  metered: MeteredCall,
  deployment: string | undefined,
  { prices }: ClientHost,
): MeteredCall {
  const names = deployment === undefined ? [] : [deployment, deployment.toLowerCase()];
  const model = names.find((name) => prices.find(name));
  return model === undefined ? metered : { ...metered, model };
}

function meteredCall(kind: Endpoint["kind"], body: Fields, { stored }: ClientHost): MeteredCall {
  switch (kind) {
    case "responses":
      return responsesCall(body, { stored });
    case "chat":
      return chatCall(body);
    case "embeddings":
      return embeddingsCall(body);
  }
}

function bodyOf({ body }: RequestInit): Fields {
  const fields = jsonIn(body);
  if (isFields(fields)) return fields;
  throw notMetered("This call was not sent", {
    why: "its body is no JSON object, so what it costs can't be counted",
    wayOut: "Give the method its parameters as an object.",
  });
}

/** @throws BudgetError `call_not_metered` where nobody can say how long the history is. */
async function historyTokens(
  host: ClientHost,
  { history, model }: MeteredCall,
  request: { readonly send: Fetch; readonly url: string; readonly init: RequestInit },
): Promise<number> {
  if (!history) return 0;
  const { previous, counted } = history;
  const field = previous === undefined ? "conversation" : "previous_response_id";
  if (previous !== undefined) {
    const total = await previousTotal(previous, host.answers, host.backend);
    if (!total)
      throw refusedField(
        field,
        "neither this process nor the provider can say how long that response was",
      );
    if (isSameModel(total.model, model, host.prices)) return bound(total.tokens);
  }
  const { send, url, init } = request;
  const asked = send(url.replace(/\/responses(?=$|\?)/, "/responses/input_tokens"), {
    ...init,
    body: JSON.stringify(counted),
  });
  const tokens = await countedByProvider(asked);
  if (tokens !== undefined) return bound(tokens);
  const what = previous === undefined ? "that conversation" : "what another model has answered";
  throw refusedField(field, `the provider does not say how long ${what} is`);
}

function bound(tokens: number): number {
  return promptBound({ bytes: tokens, items: 0, tools: 0 });
}
