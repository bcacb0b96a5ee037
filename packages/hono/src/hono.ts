/** Hono: `app.use(assistantsBudget({ store }))` gives every context `c.var.assistants`. */
import {
  type AppBudget,
  type Assistants,
  type BudgetError,
  type PolicyOptions,
  type RunStream,
  type Store,
} from "@assistants-budget/core";
import {
  EVENT_STREAM_HEADERS,
  type HttpBudget,
  type HttpOptions,
  createHttpBudget,
} from "@assistants-budget/core/http";
import type { Context, Handler, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import { stream } from "hono/streaming";
import { asException } from "./as-exception.ts";
import { handle, ownerOf } from "./handle.ts";

/** What the budget adds to an app's environment: `new Hono<BudgetEnv>()`. */
export interface BudgetEnv {
  Variables: {
    /** The signed-in user's assistants, inside their budget. */
    assistants: Assistants;
  };
}

/** Everything as in `docs/options.md`; the functions get Hono's context. */
export interface HonoOptions extends HttpOptions<Context> {
  /**
   * Where threads and the ledger are kept. There is no default: nothing is certain to be there on
   * every platform that Hono runs on. `redis(client)`, `postgres(pool)`, on Node `sqlite()`, and
   * `memory()` for what may be forgotten.
   */
  readonly store: Store;
}

/** The middleware, and what else an app does with its budget. */
export interface HonoBudget extends MiddlewareHandler<BudgetEnv>, AppBudget {
  /**
   * A route's, a path's or a sub-app's own policy: it can lower what holds outside, never raise it.
   * With `override: true` it answers `invalid_options` (500) anywhere but on a route of one method
   * and without a `*` at its end, beside the handler.
   */
  readonly policy: (options: PolicyOptions) => MiddlewareHandler<BudgetEnv>;
  /** Refuses before the handler runs; holds nothing. */
  readonly guard: (options?: PolicyOptions) => MiddlewareHandler<BudgetEnv>;
  /** Answers with the signed-in user's own balances. */
  readonly balances: () => Handler;
  /**
   * Sends a run as server-sent events: `return budget.events(c, c.var.assistants.stream({ … }))`; or
   * frames of the app's own, ready to be written. What is refused before the first one is an ordinary
   * answer, afterwards the last event.
   *
   * @throws BudgetError a refusal before the first event
   */
  readonly events: (c: Context, source: RunStream | AsyncIterable<string>) => Promise<Response>;
}

/**
 * Makes the middleware. Mount it once, anywhere before the routes.
 *
 * @throws BudgetError `invalid_options`, also without a `store`; `model_price_unknown`
 */
export function assistantsBudget(options: HonoOptions): HonoBudget {
  const http: HttpBudget<Context> = createHttpBudget<Context>(
    { ...options },
    {
      env: typeof process === "undefined" ? {} : process.env,
      slots: (c) => [c.get("user"), c.get("jwtPayload")],
      setHeaders: (c, headers) => {
        if (!c.finalized) put(c, headers);
      },
      refused: (c, error) => asException(error, () => answerOf(c, error)),
      lasting,
    },
  );

  /** The answer to a refusal; what the app has put on the response before stays. */
  function answerOf(c: Context, error: BudgetError) {
    const answer = http.answer(error, { begun: false, accept: c.req.header("accept") });
    if (!answer) throw error;
    const headers = new Headers(answer.headers);
    if (!c.finalized) {
      const vary = c.res.headers.get("vary");
      if (vary !== null) headers.set("vary", `${vary}, ${headers.get("vary")}`);
      // Hono writes what the context has over what an exception brings.
      const { "content-type": _own, ...others } = Object.fromEntries(headers);
      put(c, others);
    }
    return { body: answer.body, init: { status: answer.status, headers } };
  }

  function attach(c: Context): void {
    const before = ownerOf(c.get("assistants"));
    if (before === http) return;
    if (before) http.mountedOver();
    c.set("assistants", handle(http, c));
  }

  const mount = createMiddleware<BudgetEnv>(async (c, next) => {
    attach(c);
    await next();
    if (c.finalized) http.answered(c, c.res.status);
  });
  const under = (narrower: PolicyOptions, then: (c: Context) => Promise<void>) => {
    const policy = http.policy(narrower);
    return createMiddleware<BudgetEnv>(async (c, next) => {
      http.narrow(c, policy, isOnRoute(c));
      return mount(c, async () => {
        await then(c);
        await next();
      });
    });
  };

  return Object.assign(mount, http.app, {
    policy: (narrower: PolicyOptions) => under(narrower, async () => undefined),
    guard: (narrower: PolicyOptions = {}) => under(narrower, (c) => http.guard(c, c.req.method)),
    balances: () => async (c: Context) =>
      c.json(await http.balances(c), 200, { "Cache-Control": "no-store" }),
    events: async (c: Context, source: RunStream | AsyncIterable<string>) => {
      const frames = await http.events(source);
      put(c, EVENT_STREAM_HEADERS);
      return stream(c, async (out) => {
        for await (const frame of frames) await out.write(frame);
      });
    },
  });
}

/** A worker ends with its request, unless it is told what is still under way: a run whose client has left is finished and kept. */
function lasting(c: Context, work: Promise<unknown>): void {
  try {
    c.executionCtx.waitUntil(work);
  } catch {
    // Hono throws where there is no such thing: processes go on by themselves.
  }
}

/** Whether the middleware that runs now stands on a single route: `use()` stands on all methods. */
function isOnRoute(c: Context): boolean {
  const route = matchedRoutes(c)[c.req.routeIndex];
  return route !== undefined && route.method !== "ALL" && !route.path.endsWith("*");
}

/** On the context's own response, from where they go also onto one that a handler makes by itself. */
function put(c: Context, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
}
