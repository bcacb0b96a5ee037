/** Web handlers, `(request) => response`: Bun, Deno, workers, and route handlers of Next.js. */
import {
  type AppBudget,
  type Assistants,
  BudgetError,
  type PolicyOptions,
  type ReadyPolicy,
  type RunStream,
  type Store,
} from "@assistants-budget/core";
import {
  EVENT_STREAM_HEADERS,
  type HttpOptions,
  createHttpBudget,
} from "@assistants-budget/core/http";
import { storeOf } from "./store-of.ts";

type Asked = NonNullable<HttpOptions<Request>["identify"]>;

/** Who sent a request: a web request has no place where a sign-in would put its user. */
type Asking =
  | {
      /** Who sent the request: an id, or an object with one. Required, unless `anonymous` admits everybody. */
      readonly identify: Asked;
      readonly anonymous?: HttpOptions<Request>["anonymous"];
    }
  | { readonly identify?: undefined; readonly anonymous: "shared" | Asked };

/** Everything as in `docs/options.md`; the functions get the web request. */
export type FetchOptions = Omit<
  HttpOptions<Request>,
  "identify" | "anonymous" | "issuerQualified" | "store"
> &
  Asking & {
    /**
     * Where threads and the ledger are kept; there is no default. `redis(client)`, `postgres(pool)`, on
     * a disk of one's own `sqlite()`, and `memory()` for what may be forgotten.
     */
    readonly store: Store;
    /**
     * One store of this name a process, however often its module is loaded: across hot reloads, and in
     * the bundle of each route. The first one stays; all other options are those given last. Default:
     * none, so that each budget has the store that it is given.
     */
    readonly name?: string;
  };

/** A handler's own policy: it can lower what holds outside, never raise it. */
export interface RouteOptions extends PolicyOptions {
  /** Whether it is refused before the handler runs what `run()` would be refused. Holds nothing. Default false. */
  readonly guard?: boolean;
}

/** What a handler is given beside its request. */
export interface Budgeted {
  /** The signed-in user's assistants, inside their budget. */
  readonly assistants: Assistants;
}

export interface FetchBudget extends AppBudget {
  /**
   * Gives a handler its `assistants`; what else the server hands over comes after them. A refusal is
   * the response; other errors are thrown on. A handler inside another one of the same budget, on the
   * same request object, is under both policies.
   *
   * @throws BudgetError `invalid_options`
   */
  readonly handler: <Sent extends Request, Rest extends unknown[]>(
    handle: (request: Sent, budgeted: Budgeted, ...rest: Rest) => Response | Promise<Response>,
    route?: RouteOptions,
  ) => (request: Sent, ...rest: Rest) => Promise<Response>;
  /** Answers with the signed-in user's own balances. */
  readonly balances: () => (request: Request) => Promise<Response>;
  /**
   * A run as server-sent events: `return budget.events(assistants.stream({ … }))`; or frames of the
   * app's own, ready to be written. What is refused before the first one is an ordinary answer,
   * afterwards the last event.
   *
   * @throws BudgetError a refusal before the first event, for `handler()` to answer
   */
  readonly events: (source: RunStream | AsyncIterable<string>) => Promise<Response>;
}

/**
 * Makes a budget for web handlers.
 *
 * @throws BudgetError `invalid_options`, also without a `store` or an `identify`; `model_price_unknown`
 */
export function assistantsBudget(options: FetchOptions): FetchBudget {
  const { name, store, identify, anonymous = "deny", ...others } = { ...options };
  if (!identify && anonymous === "deny") throw nobody();
  const told = new WeakMap<Request, Readonly<Record<string, string>>>();
  const http = createHttpBudget<Request>(
    {
      ...others,
      anonymous,
      ...(identify ? { identify } : {}),
      store: name === undefined ? store : storeOf(name, store),
    },
    {
      env: typeof process === "undefined" ? {} : process.env,
      slots: () => [],
      setHeaders: (request, headers) => void told.set(request, headers),
    },
  );
  const outer = new WeakMap<Request, ReadyPolicy>();

  async function answered(request: Request, respond: () => Promise<Response>): Promise<Response> {
    const response = withHeaders(
      await respond().catch((error: unknown) => {
        const answer = http.answer(error, { begun: false, accept: request.headers.get("accept") });
        if (!answer) throw error;
        return new Response(answer.body, answer);
      }),
      told.get(request),
    );
    http.answered(request, response.status);
    return response;
  }

  return {
    ...http.app,
    handler: (handle, { guard = false, ...narrower } = {}) => {
      const policy = http.policy(narrower);
      return (request, ...rest) =>
        answered(request, async () => {
          const around = outer.get(request);
          // A handler that calls another one is no single route.
          if (around?.override) http.narrow(request, around, false);
          outer.set(request, policy);
          http.narrow(request, policy, true);
          if (guard) await http.guard(request, request.method);
          return handle(request, { assistants: http.assistants(request) }, ...rest);
        });
    },
    balances: () => (request) =>
      answered(request, async () =>
        Response.json(await http.balances(request), { headers: { "Cache-Control": "no-store" } }),
      ),
    events: async (source) => {
      const frames = await http.events(source);
      return new Response(bodyOf(frames), { headers: EVENT_STREAM_HEADERS });
    },
  };
}

/** One budget for all handlers that share their options. */
const budgets = new WeakMap<FetchOptions, FetchBudget>();

/**
 * A route handler of Next.js under a budget: `export const POST = withBudget(async (request, {
 * assistants }) => …, options)`. Next's own context stays beside `assistants`: write `{ assistants,
 * params }: RouteContext<"/chat/[thread]"> & Budgeted`.
 *
 * @param options As of `assistantsBudget()`; its `name` is `'default'`.
 * @param route What this route may spend: a policy of its own.
 * @throws BudgetError `invalid_options`, `model_price_unknown`
 */
export function withBudget<Sent extends Request, Context extends object>(
  handle: (request: Sent, context: Context & Budgeted) => Response | Promise<Response>,
  options: FetchOptions,
  route: RouteOptions = {},
): (request: Sent, context: Context) => Promise<Response> {
  const budget = budgets.get(options) ?? assistantsBudget({ name: "default", ...options });
  budgets.set(options, budget);
  return budget.handler<Sent, [Context]>(
    (request, budgeted, context) => handle(request, { ...context, ...budgeted }),
    route,
  );
}

/** Bytes, as they are asked for. Whoever leaves ends the app's own frames; a run goes on without readers. */
function bodyOf(frames: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const each = frames[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const next = await each.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    async cancel() {
      await each.return?.();
    },
  });
}

/** A response may be one that can't be changed: it is made anew where there is something to add. */
function withHeaders(
  response: Response,
  headers: Readonly<Record<string, string>> | undefined,
): Response {
  if (!headers) return response;
  const made = new Response(response.body, response);
  for (const [name, value] of Object.entries(headers)) made.headers.set(name, value);
  return made;
}

function nobody(): BudgetError {
  return new BudgetError("invalid_options", {
    message:
      "identify: found none; a web request has no place where a sign-in puts its user. Give a function of the request that returns the signed-in user's id, or say with `anonymous` what becomes of everybody.",
  });
}
