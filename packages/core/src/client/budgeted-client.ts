/** The app's own OpenAI client, seen through a budget. */
import type { OpenAI } from "openai";
import { v7 as uuid } from "uuid";
import type { BudgetError } from "../errors.ts";
import type { ClientCall, ClientHost, Who } from "./client-host.ts";
import { meteredFetch } from "./metered-fetch.ts";
import { type StandIns, asSdkError, connectionError, standIns } from "./refusals.ts";
import { isFields } from "./request-fields.ts";
import type { Fetch } from "./sent-call.ts";
import { surfaceOf } from "./surface.ts";

export interface BudgetedClientOptions {
  readonly host: ClientHost;
  /** The client that calls go out with. */
  readonly own: OpenAI;
  /** How often it sends again; absent for as often as it is set to. */
  readonly maxRetries?: number;
  /** Whose budget a call is under, asked when it is made. @throws BudgetError */
  readonly who: () => Promise<Who>;
  readonly waive: readonly string[];
  readonly waived: (method: string) => void;
  /** Told of each refusal that the app gets to see. */
  readonly refused?: (error: BudgetError) => void;
}

/** Gives a client of the same type, key, address and settings, whose calls are held and settled. */
export function budgetedClient(options: BudgetedClientOptions): OpenAI {
  const { host, own, maxRetries, who, waive, waived } = options;
  const made = standIns();
  const calls = callsOf();
  const refused = (error: BudgetError): BudgetError => {
    options.refused?.(error);
    return asSdkError(error, own);
  };
  const fetch = meteredFetch({
    host,
    who,
    send: fetchOf(own),
    baseURL: () => metered.baseURL,
    callOf: (init) => calls.of(init, metered.timeout),
    standIns: made,
    connectionError: (cause) => connectionError(own, cause),
    refused,
  });
  const metered = own.withOptions({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK calls it with an address and what RequestInit has
    fetch: fetch as NonNullable<Parameters<OpenAI["withOptions"]>[0]["fetch"]>,
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...azuresOwn(own),
  });
  // A class of the app's own may have put another in its place.
  Reflect.set(metered, "fetch", fetch);
  hook(metered, { calls, made });
  return surfaceOf(metered, { own, waive, waived, refused });
}

/** Which call of the app's a request belongs to: what the SDK sends again has the same options. */
interface Calls {
  note(headers: unknown, options: unknown): void;
  of(
    init: RequestInit,
    timeoutMs: number,
  ): { readonly call: ClientCall; readonly timeoutMs: number };
}

function callsOf(): Calls {
  const byOptions = new WeakMap<object, ClientCall>();
  const byHeaders = new WeakMap<object, { readonly call: ClientCall; readonly options: object }>();
  return {
    note: (headers, options) => {
      if (!isObject(headers) || !isObject(options)) return;
      const call = byOptions.get(options) ?? newCall();
      byOptions.set(options, call);
      byHeaders.set(headers, { call, options });
    },
    of: ({ headers }, timeoutMs) => {
      const known = isObject(headers) ? byHeaders.get(headers) : undefined;
      if (!known) return { call: newCall(), timeoutMs };
      const own = isFields(known.options) ? known.options["timeout"] : undefined;
      return { call: known.call, timeoutMs: typeof own === "number" ? own : timeoutMs };
    },
  };
}

function newCall(): ClientCall {
  return { id: `call_${uuid()}`, charges: 0, failures: 0 };
}

/** The two places where the SDK lets itself be told things. */
function hook(client: OpenAI, { calls, made }: { readonly calls: Calls; readonly made: StandIns }) {
  override(client, "prepareRequest", async (inherited, [request, context]) => {
    await inherited();
    if (isFields(request) && isFields(context)) calls.note(request["headers"], context["options"]);
  });
  override(client, "makeStatusError", (inherited, args) => made.of(args[3]) ?? inherited());
}

function override(
  client: OpenAI,
  name: "prepareRequest" | "makeStatusError",
  by: (inherited: () => unknown, args: readonly unknown[]) => unknown,
): void {
  const inherited: unknown = Reflect.get(client, name);
  const call = (args: readonly unknown[]): unknown =>
    typeof inherited === "function" ? Reflect.apply(inherited, client, args) : undefined;
  const value = (...args: unknown[]): unknown => by(() => call(args), args);
  Object.defineProperty(client, name, { value, configurable: true, writable: true });
}

/** What the older Azure client forgets of itself where it makes another one. */
function azuresOwn(client: OpenAI): { readonly apiVersion?: string; readonly deployment?: string } {
  const apiVersion: unknown = Reflect.get(client, "apiVersion");
  const deployment: unknown = Reflect.get(client, "deploymentName");
  return {
    ...(typeof apiVersion === "string" ? { apiVersion } : {}),
    ...(typeof deployment === "string" ? { deployment } : {}),
  };
}

function fetchOf(client: OpenAI): Fetch {
  const send: unknown = Reflect.get(client, "fetch");
  const own = typeof send === "function" ? send : globalThis.fetch;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the SDK calls is a fetch
  return (url, init) => Reflect.apply(own, undefined, [url, init]) as Promise<Response>;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
