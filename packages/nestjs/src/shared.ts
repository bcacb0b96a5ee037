/** What the parts of the module share: the budget, and which requests it has been given to. */
import { ServerResponse } from "node:http";
import type { ReadyPolicy } from "@assistants-budget/core";
import {
  type HttpBudget,
  type HttpOptions,
  attach,
  createHttpBudget,
} from "@assistants-budget/core/http";
import { sqlite } from "@assistants-budget/store-sqlite";
import type { ArgumentsHost, ExecutionContext } from "@nestjs/common";
import type { HttpAdapterHost } from "@nestjs/core";
import { isSkipped, policiesOf } from "./decorators.ts";

/** The options of the budget; `identify`, `anonymous` and `onWarning` get the platform's own request. */
export type NestOptions = HttpOptions<NestRequest>;

/** A request of Express or Fastify, as far as both have it. */
export interface NestRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly user?: unknown;
  readonly auth?: unknown;
}

export interface Seen {
  readonly request: NestRequest;
  readonly response: object;
}

/** What the module's parts share. */
export interface Shared {
  readonly http: HttpBudget<NestRequest>;
  readonly host: HttpAdapterHost;
  /** Puts headers on a response that has not gone out. */
  readonly setHeaders: (request: NestRequest, headers: Readonly<Record<string, string>>) => void;
  /** Gives a request its assistants and a handler's policies, once; false where the handler is taken out. */
  readonly enter: (context: ExecutionContext, seen: Seen) => boolean;
}

/** What stands upon a handler and its controller. */
interface Marks {
  readonly isIn: boolean;
  readonly outer: readonly ReadyPolicy[];
  readonly inner: readonly ReadyPolicy[];
}

export const SHARED: unique symbol = Symbol("assistants-budget.shared");

export function shared(options: NestOptions, host: HttpAdapterHost): Shared {
  /** On the request: a weak map would cost every request more than all else that is done here. */
  const RESPONSE: unique symbol = Symbol("assistants-budget.response");
  const ENTERED: unique symbol = Symbol("assistants-budget.entered");
  interface Entered extends NestRequest {
    [RESPONSE]?: object;
    /** Of the handlers that it has come to. */
    [ENTERED]?: readonly Marks[];
  }
  const responseOf = ({ [RESPONSE]: response }: Entered) => response;
  const setHeaders: Shared["setHeaders"] = (request, headers) => {
    const response = responseOf(request);
    const { httpAdapter } = host;
    if (!response || httpAdapter.isHeadersSent(response)) return;
    for (const [name, value] of Object.entries(headers))
      httpAdapter.setHeader(response, name, value);
  };
  const http = createHttpBudget<NestRequest>(options, {
    env: process.env,
    store: () => sqlite(),
    slots: ({ user, auth }) => [user, auth],
    setHeaders,
  });
  const open = (request: NestRequest) => {
    const raw = rawOf(responseOf(request));
    raw?.once("finish", () => http.answered(request, raw.statusCode));
    return http.assistants(request);
  };
  const policies = (target: object) => policiesOf(target).map((one) => http.policy(one));
  /** What decorators say of a handler, read once. */
  const marks = new WeakMap<object, WeakMap<object, Marks>>();
  const marksOf = (controller: object, handler: object): Marks => {
    const known = marks.get(controller) ?? new WeakMap<object, Marks>();
    marks.set(controller, known);
    const found = known.get(handler) ?? {
      isIn: !isSkipped(controller, handler),
      outer: policies(controller),
      inner: policies(handler),
    };
    known.set(handler, found);
    return found;
  };
  const enter = (context: ExecutionContext, { request, response }: Seen): boolean => {
    const own = marksOf(context.getClass(), context.getHandler());
    const entered: Entered = request;
    entered[RESPONSE] ??= response;
    if (!own.isIn) return false;
    const before = entered[ENTERED] ?? [];
    if (before.includes(own)) return true;
    if (attach(request, open) === "over") http.mountedOver();
    // Several handlers share a request, as resolvers do: what one may raise, another would spend.
    for (const { inner } of before)
      for (const one of inner) if (one.override) http.narrow(request, one);
    for (const one of own.outer) http.narrow(request, one);
    for (const one of own.inner) http.narrow(request, one, before.length === 0);
    entered[ENTERED] = [...before, own];
    return true;
  };
  return { http, host, setHeaders, enter };
}

export function seenIn(context: ArgumentsHost): Seen {
  const http = context.switchToHttp();
  return { request: http.getRequest(), response: http.getResponse() };
}

/** Node's own response: Express's is one, Fastify's has one. */
function rawOf(response: object | undefined): ServerResponse | undefined {
  const raw: unknown = response && (Reflect.get(response, "raw") ?? response);
  return raw instanceof ServerResponse ? raw : undefined;
}

/** What decorators do, without their syntax, which Node does not run. */
export function decorate(target: Function, decorator: ClassDecorator): void {
  decorator(target);
}
