/** What the parts of the module share: the budget, and which requests it has been given to. */
import { ServerResponse } from "node:http";
import type { PolicyOptions, ReadyPolicy } from "@assistants-budget/core";
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
  /** Reads a policy, once. @throws BudgetError `invalid_options` */
  readonly policy: (options: PolicyOptions) => ReadyPolicy;
  /** Gives a request its assistants and policies, once; false where it is taken out. */
  readonly enter: (context: ExecutionContext, seen: Seen) => boolean;
}

export const SHARED: unique symbol = Symbol("assistants-budget.shared");

export function shared(options: NestOptions, host: HttpAdapterHost): Shared {
  const responses = new WeakMap<NestRequest, object>();
  const setHeaders: Shared["setHeaders"] = (request, headers) => {
    const response = responses.get(request);
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
    const raw = rawOf(responses.get(request));
    raw?.once("finish", () => http.answered(request, raw.statusCode));
    return http.assistants(request);
  };
  const read = new WeakMap<PolicyOptions, ReadyPolicy>();
  const policy = (one: PolicyOptions): ReadyPolicy => {
    const ready = read.get(one) ?? http.budget.policy(one);
    read.set(one, ready);
    return ready;
  };
  const entered = new WeakMap<NestRequest, boolean>();
  const enter = (context: ExecutionContext, { request, response }: Seen): boolean => {
    const known = entered.get(request);
    if (known !== undefined) return known;
    const [controller, handler] = [context.getClass(), context.getHandler()];
    const isIn = !isSkipped(controller, handler);
    entered.set(request, isIn);
    if (!isIn) return false;
    responses.set(request, response);
    if (attach(request, open) === "over") http.mountedOver();
    for (const one of policiesOf(controller)) http.narrow(request, policy(one));
    for (const one of policiesOf(handler)) http.narrow(request, policy(one), true);
    return true;
  };
  return { http, host, setHeaders, policy, enter };
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
