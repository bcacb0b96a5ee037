/** Express: `app.use(assistantsBudget())` gives every request `req.assistants`. */
import type { AppBudget, Assistants, PolicyOptions } from "@assistants-budget/core";
import { type Answer, type HttpOptions, createHttpBudget } from "@assistants-budget/core/http";
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
  });
  const { budget } = http;
  const errors: ErrorRequestHandler = (error, req, res, next) => {
    const begun = res.headersSent;
    const streams = begun && /^text\/event-stream/i.test(res.get("content-type") ?? "");
    const answer =
      begun && !streams ? undefined : http.answer(error, begun ? undefined : req.get("accept"));
    if (!answer) next(error);
    // The status has gone out: the stream's last event says what became of it.
    else if (begun) res.end(`event: problem\ndata: ${answer.body}\n\n`);
    else write(res, answer);
  };
  appended.add(errors);
  const open = (req: Request): Assistants => {
    const { res } = req;
    res?.once("finish", () => http.answered(req, res.statusCode));
    return http.assistants(req);
  };
  const attach: RequestHandler = (req: Request & Attached, _res, next) => {
    if (req[OPEN] !== open) {
      req[OPEN] = open;
      if (!Reflect.has(req, "assistants"))
        Object.defineProperty(Object.getPrototypeOf(req), "assistants", OWN);
      if (errorHandler) append(req.app, errors);
    }
    next();
  };
  const under = (narrower: PolicyOptions, then: RequestHandler): RequestHandler => {
    const policy = budget.policy(narrower);
    return (req, res, next) => {
      http.narrow(req, policy);
      attach(req, res, () => undefined);
      return then(req, res, next);
    };
  };

  return Object.assign(attach, http.app, {
    policy: (narrower: PolicyOptions) => under(narrower, (_req, _res, next) => next()),
    guard: (narrower: PolicyOptions = {}) =>
      under(narrower, async (req, _res, next) => {
        // A browser's preflight carries no sign-in, and spends nothing.
        if (req.method !== "OPTIONS") await req.assistants.check();
        next();
      }),
    balances: () =>
      under({}, async (req, res) => {
        res.set("Cache-Control", "no-store").json(await http.balances(req));
      }),
    errors: () => errors,
  });
}

/** Where the usual sign-in libraries put their user, beside `req.user`. */
interface SignIns {
  readonly user?: unknown;
  readonly auth?: unknown;
  readonly oidc?: unknown;
}

const OPEN = Symbol("assistants-budget.open");
const OPENED = Symbol("assistants-budget.opened");

/** Whose `req.assistants` is: of several budgets the one that was mounted last before the route. */
interface Attached {
  [OPEN]?: (req: Request) => Assistants;
  [OPENED]?: { readonly by: Attached[typeof OPEN]; readonly assistants: Assistants };
}

/** One getter for all requests of an app: a property of each would cost every request, used or not. */
const OWN: PropertyDescriptor & ThisType<Request & Attached> = {
  configurable: true,
  get() {
    const by = this[OPEN];
    if (by && this[OPENED]?.by !== by) this[OPENED] = { by, assistants: by(this) };
    return this[OPENED]?.assistants;
  },
};

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

function write(res: Response, { status, headers, body }: Answer): void {
  const { Vary, ...others } = headers;
  res.status(status).set(others);
  // What the app varies by already, such as an origin, stays.
  if (Vary !== undefined) res.vary(Vary);
  res.send(body);
}
