/** Koa: `app.use(assistantsBudget())` gives every request `ctx.assistants`. */
import { ReadStream } from "node:fs";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import type { AppBudget, Assistants, PolicyOptions, RunStream } from "@assistants-budget/core";
import {
  EVENT_STREAM_HEADERS,
  type HttpBudget,
  type HttpOptions,
  attach,
  createHttpBudget,
} from "@assistants-budget/core/http";
import { sqlite } from "@assistants-budget/store-sqlite";
import type { Context, ExtendableContext, Next } from "koa";

declare module "koa" {
  interface ExtendableContext {
    /** The signed-in user's assistants, inside their budget. */
    assistants: Assistants;
  }
}

/** The options of every adapter; `identify`, `anonymous` and `onWarning` are given Koa's `ctx`. */
export type KoaOptions = HttpOptions<Context>;

/** A middleware for any app: what its generics say of `ctx` stays as it is. */
export type KoaMiddleware<Ctx = ExtendableContext> = (ctx: Ctx, next: Next) => Promise<void>;

type Handler<Ctx> = (ctx: Ctx, next: Next) => unknown;

/** The middleware, and what else an app does with its budget. */
export interface KoaBudget extends KoaMiddleware, AppBudget {
  readonly policy: KoaPolicy;
  /** Refuses before what comes after it runs; holds nothing. @throws BudgetError `invalid_options` */
  readonly guard: (options?: PolicyOptions) => KoaMiddleware;
  /** Answers with the signed-in user's own balances. */
  readonly balances: () => KoaMiddleware;
  /**
   * Answers with a run as server-sent events: `await budget.events(ctx, ctx.assistants.stream({ … }))`.
   * Resolves when the first event is there; a refusal before it is an ordinary answer.
   */
  readonly events: (
    ctx: ExtendableContext,
    source: RunStream | AsyncIterable<string>,
  ) => Promise<void>;
}

/**
 * A route's or router's own policy: it can lower what holds outside, never raise it. One that
 * overrides is given the handler of its route, as Koa can't tell a route from a router.
 *
 * @throws BudgetError `invalid_options`, also for one that overrides without a handler
 */
export interface KoaPolicy {
  (options: PolicyOptions): KoaMiddleware;
  <Ctx extends ExtendableContext = Context>(
    options: PolicyOptions,
    handler: Handler<Ctx>,
  ): KoaMiddleware<Ctx>;
}

/**
 * Makes the middleware. Mount it once, anywhere before the routes; it answers refusals by itself
 * and throws all other errors on.
 *
 * @throws BudgetError `invalid_options`, `model_price_unknown`
 */
export function assistantsBudget(options: KoaOptions = {}): KoaBudget {
  const http: HttpBudget<ExtendableContext> = createHttpBudget<Context>(options, {
    env: process.env,
    store: () => sqlite(),
    slots: ({ state }) => [state["user"]],
    setHeaders: (ctx, headers) => void (ctx.headerSent || ctx.set(headers)),
  });
  /** An error middleware of the app's own may be nearer to the route, and answer in our place. */
  const watch = (ctx: ExtendableContext): void => {
    ctx.res.once("finish", () => http.answered(ctx, ctx.res.statusCode));
  };
  const open = (ctx: ExtendableContext): Assistants => {
    watch(ctx);
    return http.assistants(ctx);
  };
  /** What is left to send for an error of ours; its status and headers are set. Throws others on. */
  const said = (ctx: ExtendableContext, error: unknown, begun: boolean): string => {
    const type = ctx.response.get("Content-Type");
    const answer = http.answer(error, { begun, type, accept: ctx.get("Accept") });
    if (!answer) throw error;
    if ("event" in answer) return answer.event;
    const { Vary, ...headers } = answer.headers;
    ctx.status = answer.status;
    ctx.set(headers);
    // What the app varies by already, such as an origin, stays.
    if (Vary !== undefined) ctx.vary(Vary);
    return answer.body;
  };
  /** Koa sends a stream when all middleware is done, and an error in it would break the connection. */
  async function* untilRefused(ctx: ExtendableContext, pieces: AsyncIterable<unknown>) {
    let begun = false;
    try {
      for await (const piece of pieces) {
        begun = true;
        yield piece;
      }
    } catch (error) {
      yield said(ctx, error, begun || ctx.headerSent);
    }
  }

  const mount: KoaMiddleware = async (ctx, next) => {
    const had = attach(ctx, open);
    if (had === "over") http.mountedOver();
    if (had === "same") return next();
    try {
      await next();
      const pieces = liveBody(ctx);
      if (pieces) ctx.body = Readable.from(untilRefused(ctx, pieces));
    } catch (error) {
      const { headerSent } = ctx;
      const text = said(ctx, error, headerSent);
      if (headerSent) return void ctx.res.end(text);
      for (const name of ABOUT_THE_BODY) ctx.remove(name);
      Object.assign(ctx, { respond: true, body: text });
    }
  };
  /** A middleware that is under a policy, with the budget mounted where it is not. */
  function under<Ctx extends ExtendableContext>(
    narrower: PolicyOptions,
    then: Handler<Ctx> = (_ctx, next) => next(),
    isRoute = false,
  ): KoaMiddleware<Ctx> {
    const policy = http.policy(narrower);
    // One that may not stand here stops the app at its start.
    http.narrow(Object.create(null), policy, isRoute);
    return (ctx, next) =>
      mount(ctx, async () => {
        http.narrow(ctx, policy, isRoute);
        await then(ctx, next);
      });
  }

  return Object.assign(mount, http.app, {
    policy: <Ctx extends ExtendableContext>(narrower: PolicyOptions, handler?: Handler<Ctx>) =>
      under(narrower, handler, isOneRoute(handler)),
    guard: (narrower: PolicyOptions = {}) =>
      under(narrower, async (ctx, next) => {
        watch(ctx);
        await http.guard(ctx, ctx.method);
        await next();
      }),
    balances: () =>
      under({}, async (ctx) => {
        watch(ctx);
        ctx.set("Cache-Control", "no-store");
        ctx.body = await http.balances(ctx);
      }),
    events: async (ctx: ExtendableContext, source: RunStream | AsyncIterable<string>) => {
      const frames = await http.events(source);
      ctx.set(EVENT_STREAM_HEADERS);
      ctx.body = Readable.from(frames);
    },
  });
}

/** What a handler has said of a body that will not come. */
const ABOUT_THE_BODY = ["Content-Disposition", "Content-Encoding", "ETag", "Last-Modified"];

/** A router's `routes()` are many. */
function isOneRoute(handler?: Function): boolean {
  return handler !== undefined && !("router" in handler);
}

/** A stream that a run may be in: not a file's, nor one whose length is known, nor one that the app sends by itself. */
function liveBody(ctx: ExtendableContext): AsyncIterable<unknown> | undefined {
  const { body, respond } = ctx;
  if (respond === false || ctx.response.get("Content-Length") || body instanceof ReadStream)
    return undefined;
  return body instanceof Readable || body instanceof ReadableStream ? body : undefined;
}
