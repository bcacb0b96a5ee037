/** Express: `app.use(assistantsBudget())` gives every request `req.assistants`. */
import type { AppBudget, Assistants, PolicyOptions, RunStream } from "@assistants-budget/core";
import {
  type Answer,
  EVENT_STREAM_HEADERS,
  type HttpOptions,
  attach,
  createHttpBudget,
} from "@assistants-budget/core/http";
import { sqlite } from "@assistants-budget/store-sqlite";
import type { Application, ErrorRequestHandler, Request, RequestHandler, Response } from "express";

declare global {
  namespace Express {
    interface Request {
      /** The signed-in user's assistants, inside their budget. */
      assistants: Assistants;
    }
  }
}

export interface ExpressOptions extends HttpOptions<Request> {
  /**
   * Whether the budget's error handler is appended to the app at the first request, after all
   * routes, so that a refusal is a 402 with that one line. Default true.
   */
  readonly errorHandler?: boolean;
}

/** The middleware, and what else an app does with its budget. */
export interface ExpressBudget extends RequestHandler, AppBudget {
  /** A route's or router's own policy: it can lower what holds outside, never raise it. */
  readonly policy: (options: PolicyOptions) => RequestHandler;
  /** Refuses before the handler runs; holds nothing. */
  readonly guard: (options?: PolicyOptions) => RequestHandler;
  /** Answers with the signed-in user's own balances. */
  readonly balances: () => RequestHandler;
  /** Sends a run, or frames of your own, as server-sent events: `await budget.events(res, req.assistants.stream({ … }))`. */
  readonly events: (res: Response, source: RunStream | AsyncIterable<string>) => Promise<void>;
  /** Answers budget errors and passes all others on; for apps with an error handler of their own, before it. */
  readonly errors: () => ErrorRequestHandler;
}

/**
 * Makes the middleware. Mount it once, anywhere before the routes.
 *
 * @throws BudgetError `invalid_options`, `model_price_unknown`
 */
export function assistantsBudget(options: ExpressOptions = {}): ExpressBudget {
  const { errorHandler = true, ...rest } = options;
  const http = createHttpBudget<Request>(rest, {
    env: process.env,
    store: () => sqlite(),
    slots: ({ user, auth, oidc }: Request & SignIns) => [user, auth, oidc],
    setHeaders: ({ res }, headers) => void (res?.headersSent || res?.set(headers)),
  });
  const errors: ErrorRequestHandler = (error, req, res, next) => {
    const answer = http.answer(error, {
      begun: res.headersSent,
      type: res.get("content-type"),
      accept: req.get("accept"),
    });
    if (!answer) next(error);
    else if ("event" in answer) res.end(answer.event);
    else write(res, answer);
  };
  appended.add(errors);
  const watch = (req: Request): void =>
    void req.res?.once("finish", () => http.answered(req, req.res?.statusCode ?? 0));
  const open = (req: Request): Assistants => {
    watch(req);
    return http.assistants(req);
  };
  const mount: RequestHandler = (req, _res, next) => {
    const had = attach(req, open);
    if (had === "over") http.mountedOver();
    if (had !== "same" && errorHandler) append(req.app, errors);
    next();
  };
  const under = (narrower: PolicyOptions, then: RequestHandler): RequestHandler => {
    const policy = http.policy(narrower);
    const middleware: RequestHandler = (req, res, next) => {
      http.narrow(req, policy, policy.override && isOnRoute(req, middleware));
      mount(req, res, () => undefined);
      return then(req, res, next);
    };
    return middleware;
  };

  return Object.assign(mount, http.app, {
    policy: (narrower: PolicyOptions) => under(narrower, (_req, _res, next) => next()),
    guard: (narrower: PolicyOptions = {}) =>
      under(narrower, async (req, _res, next) => {
        watch(req);
        await http.guard(req, req.method);
        next();
      }),
    balances: () =>
      under({}, async (req, res) => {
        watch(req);
        res.set("Cache-Control", "no-store").json(await http.balances(req));
      }),
    errors: () => errors,
    events: async (res: Response, source: RunStream | AsyncIterable<string>) => {
      // A refusal comes before the first event, and is an ordinary answer.
      const frames = await http.events(source);
      res.set(EVENT_STREAM_HEADERS);
      for await (const frame of frames) {
        // A run goes on without its reader.
        if (res.closed) return;
        res.write(frame);
      }
      res.end();
    },
  });
}

/** Where the usual sign-in libraries put their user, beside `req.user`. */
interface SignIns {
  readonly user?: unknown;
  readonly auth?: unknown;
  readonly oidc?: unknown;
}

/** The error handlers of all budgets. */
const appended = new WeakSet<object>();

/** Behind all routes, also those that were added since the last request. */
function append(app: Application, errors: ErrorRequestHandler): void {
  const { stack } = app.router;
  for (let at = stack.length - 1; at >= 0; at--) {
    const handle: object | undefined = stack[at]?.handle;
    if (handle === errors) return;
    if (!handle || !appended.has(handle)) break;
  }
  app.use(errors);
}

/**
 * Express knows the route where a handler stands on one, and none in `use()`; but it keeps that of
 * before, where a route has passed the request on.
 */
function isOnRoute({ route, app }: Request, middleware: RequestHandler): boolean {
  if (!route) return false;
  const { stack }: Stack = route;
  return stack?.some(({ handle }) => handle === middleware) || !isUsed(app.router, middleware);
}

/** What routes and routers keep of their handlers. */
interface Stack {
  readonly stack?: readonly { readonly route?: unknown; readonly handle: Stack | RequestHandler }[];
}

/** Whether it stands in `use()`, of a router or of those within it. */
function isUsed({ stack = [] }: Stack, middleware: RequestHandler): boolean {
  return stack.some(
    ({ route, handle }) =>
      !route && (handle === middleware || ("stack" in handle && isUsed(handle, middleware))),
  );
}

function write(res: Response, { status, headers, body }: Answer): void {
  const { Vary, ...others } = headers;
  res.status(status).set(others);
  // What the app varies by already, such as an origin, stays.
  if (Vary !== undefined) res.vary(Vary);
  res.send(body);
}
