/** Fastify: `await app.register(assistantsBudget, { … })` gives every request `request.assistants`. */
import { Readable } from "node:stream";
import { BudgetError, isBudgetError } from "@assistants-budget/core";
import type { AppBudget, Assistants, PolicyOptions, RunStream } from "@assistants-budget/core";
import { EVENT_STREAM_HEADERS, createHttpBudget } from "@assistants-budget/core/http";
import type { HttpOptions } from "@assistants-budget/core/http";
import { sqlite } from "@assistants-budget/store-sqlite";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";

declare module "fastify" {
  interface FastifyRequest {
    /** The signed-in user's assistants, inside their budget. */
    readonly assistants: Assistants;
  }
  interface FastifyInstance {
    /** The budget that is registered for this scope. */
    readonly budget: FastifyBudget;
  }
  interface FastifyContextConfig {
    /** The route's own policy; it may override. With false the route has no assistants. */
    readonly budget?: PolicyOptions | false;
  }
}

/** What `assistantsBudget` takes: the options of every adapter. */
export type FastifyOptions = HttpOptions<FastifyRequest>;

/** Goes wherever Fastify takes a hook: on a route, such as its `preHandler`, or with `addHook` on a scope. */
export type BudgetHook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** What an app does with its budget: `app.budget`. */
export interface FastifyBudget extends AppBudget {
  /** A scope's policy, as a hook: it can lower what holds outside, never raise it. A route says `config: { budget }`. */
  readonly policy: (options: PolicyOptions) => BudgetHook;
  /** Refuses before the handler runs, as a hook; holds nothing. */
  readonly guard: (options?: PolicyOptions) => BudgetHook;
  /** A handler that answers with the signed-in user's own balances. */
  readonly balances: () => (request: FastifyRequest, reply: FastifyReply) => Promise<object>;
  /** Sends a run as server-sent events: `await app.budget.events(reply, request.assistants.stream({ … }))`. */
  readonly events: (
    reply: FastifyReply,
    source: RunStream | AsyncIterable<string>,
  ) => Promise<void>;
}

/** The plugin, which is the budget as well. */
export type FastifyBudgetPlugin = FastifyPluginAsync & FastifyBudget;

/**
 * Makes the plugin: register it once, before the routes. It is the budget of the scope in which it is
 * registered, and of all below; the app's `close()` closes it.
 *
 * @throws BudgetError `invalid_options`, `model_price_unknown`
 */
export function assistantsBudget(options?: FastifyOptions): FastifyBudgetPlugin;
/** As a plugin by itself: `await app.register(assistantsBudget, { … })`, and then `app.budget`. */
export function assistantsBudget(app: FastifyInstance, options: FastifyOptions): Promise<void>;
export function assistantsBudget(first?: FastifyInstance | FastifyOptions, own?: FastifyOptions) {
  if (!first || !("addHook" in first)) return pluginOf(first);
  // What is thrown here, Fastify would not catch.
  return Promise.resolve(own).then((options) => pluginOf(options)(first, {}));
}

const META = { name: "@assistants-budget/fastify", fastify: "5.x" };
fp(assistantsBudget, META);

function pluginOf(options: FastifyOptions = {}): FastifyBudgetPlugin {
  const told = new WeakMap<FastifyRequest, Readonly<Record<string, string>>>();
  const failed = new WeakMap<FastifyRequest, unknown>();
  const opened = new WeakMap<FastifyRequest, Assistants>();
  const http = createHttpBudget<FastifyRequest>(options, {
    env: process.env,
    store: () => sqlite(),
    slots: (request) => [Reflect.get(request, "user"), Reflect.get(request, "auth")],
    setHeaders: (request, headers) => void told.set(request, headers),
  });

  /** A route's policy, once, where the route is declared; at its first request if that was before the budget. */
  const read = (own: PolicyOptions, { method, url }: { method: unknown; url?: unknown }) =>
    http.policy(own, `${String(method)} ${String(url)}, config.budget`);

  /** At first use: what scopes narrow is on the request by then, and the route's own policy is the innermost. */
  function open(this: FastifyRequest): Assistants {
    const own = this.routeOptions.config.budget;
    if (own === false) refuse("config.budget: found false, so this route has no assistants.");
    const assistants = opened.get(this) ?? http.assistants(this);
    if (own && !opened.has(this)) http.narrow(this, read(own, this.routeOptions), true);
    opened.set(this, assistants);
    return assistants;
  }

  const here = (request: FastifyRequest): FastifyRequest =>
    request.server.budget === budget ? request : refuse(NOT_HERE);
  const policy = (narrower: PolicyOptions): BudgetHook => {
    const own = http.policy(narrower);
    if (own.override) refuse(IN_A_HOOK);
    return async (request) => http.narrow(here(request), own);
  };
  const budget: FastifyBudget = {
    ...http.app,
    policy,
    guard: (narrower = {}) => {
      const narrow = policy(narrower);
      return async (request, reply) => {
        open.call(here(request));
        await narrow(request, reply);
        await http.guard(request, request.method);
      };
    },
    balances: () => async (request, reply) => {
      open.call(here(request));
      reply.header("Cache-Control", "no-store");
      return http.balances(request);
    },
    events: async (reply, source) => {
      // A refusal comes before the first event, and is an ordinary answer.
      const frames = await http.events(source);
      await reply.headers(EVENT_STREAM_HEADERS).send(Readable.from(frames));
    },
  };

  /** An event stream that has begun ends with a last event. */
  async function* ended(events: Readable | ReadableStream): AsyncGenerator {
    let begun = false;
    try {
      for await (const event of events) {
        begun = true;
        yield event;
      }
    } catch (error) {
      const last = begun ? http.answer(error, BEGUN) : undefined;
      if (!last) throw error;
      yield last.event;
    }
  }

  const register: FastifyPluginAsync = async (app) => {
    if (app.hasDecorator("budget")) http.mountedOver();
    app.decorate("budget", budget);
    app.decorateRequest("assistants", { getter: open });
    app.addHook("onRoute", function readPolicy(route) {
      if (route.config?.budget && this.budget === budget) read(route.config.budget, route);
    });
    app.addHook("onError", async (request, _reply, error) => void failed.set(request, error));
    // Without a promise, and no `onResponse`: most requests have nothing to do with assistants.
    app.addHook("onSend", (request, reply, payload, done) => {
      const { raw } = reply;
      if (opened.has(request)) raw.once("finish", () => http.answered(request, raw.statusCode));
      reply.headers(told.get(request) ?? {});
      const error = passedOn(failed.get(request), reply);
      const answer = http.answer(error, { begun: false, accept: request.headers.accept });
      if (!answer)
        return done(null, isEvents(payload, reply) ? Readable.from(ended(payload)) : payload);
      // What the app varies by already, such as an origin, stays.
      const others = reply.getHeader("vary") ?? [];
      const vary = [others, answer.headers["Vary"] ?? []].flat().join(", ");
      reply.removeHeader("content-length").headers({ ...answer.headers, Vary: vary });
      done(null, answer.body);
    });
    app.addHook("onClose", () => http.app.close());
  };
  return Object.assign(fp(register, META), budget);
}

/**
 * A refusal that every error handler of the app's own has passed on, so that Fastify has answered it:
 * with the error's status and headers, and with a length, which it counts for no other answer so early.
 */
function passedOn(error: unknown, reply: FastifyReply): BudgetError | undefined {
  if (!isBudgetError(error) || !reply.hasHeader("content-length")) return undefined;
  const isSame = Object.entries(error.headers).every(([name, is]) => reply.getHeader(name) === is);
  return isSame && reply.statusCode === error.status ? error : undefined;
}

function isEvents(payload: unknown, reply: FastifyReply): payload is Readable | ReadableStream {
  const isStream = payload instanceof Readable || payload instanceof ReadableStream;
  return isStream && /^text\/event-stream/i.test(String(reply.getHeader("content-type")));
}

const BEGUN = { begun: true, type: "text/event-stream" } as const;
const IN_A_HOOK =
  "override: found a policy that may raise limits in a hook, which may stand on many routes. A single route says `config: { budget: { …, override: true } }`.";
const NOT_HERE =
  "policy(), guard() and balances() belong to a budget that is not registered for this route. Await its `app.register(…)` in the route's scope or further out, before the route.";

function refuse(message: string): never {
  throw new BudgetError("invalid_options", { message });
}
