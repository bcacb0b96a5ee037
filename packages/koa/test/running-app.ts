import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createSimulator,
  type Simulator,
  type SimulatorOptions,
} from "@assistants-budget/simulator";
import Koa, { type Context, type Middleware } from "koa";
import bodyParser from "koa-bodyparser";
import { onTestFinished } from "vitest";
import { type KoaBudget, type KoaOptions, assistantsBudget, memory } from "../src/index.ts";

export interface Running {
  readonly app: Koa;
  readonly budget: KoaBudget;
  readonly simulator: Simulator;
  readonly store: ReturnType<typeof memory>;
  readonly logged: { readonly info: string[]; readonly warn: string[]; readonly error: string[] };
  /** What Koa told the app of errors. */
  readonly reported: unknown[];
}

export interface Listening {
  readonly url: string;
  /** Sends a request as somebody who is signed in; `null` for nobody. */
  readonly post: (path: string, init?: PostInit) => Promise<Response>;
}

interface PostInit {
  readonly user?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

export interface StartOptions extends KoaOptions {
  readonly simulator?: SimulatorOptions;
}

/** Stands in for a session: whoever holds the cookie is signed in. The budget never sees the cookie. */
export const signIn: Middleware = (ctx, next) => {
  const id = ctx.cookies.get("session");
  if (id !== undefined) ctx.state["user"] = { id };
  return next();
};

/** A budget before a simulator, and an app that has nothing mounted yet. */
export async function start(options: StartOptions = {}): Promise<Running> {
  const { simulator: setUp, ...rest } = options;
  const simulator = await createSimulator(setUp);
  onTestFinished(() => simulator.close());
  const logged = { info: [] as string[], warn: [] as string[], error: [] as string[] };
  const store = options.store ?? memory();
  const budget = assistantsBudget({
    baseURL: simulator.url,
    apiKey: "sk-test",
    assistants: { support: { model: "gpt-4o-mini" } },
    maxRetries: 0,
    wait: "50ms",
    patience: "300ms",
    log: {
      info: (message) => void logged.info.push(message),
      warn: (message) => void logged.warn.push(message),
      error: (message) => void logged.error.push(message),
    },
    ...rest,
    store,
  });
  onTestFinished(() => budget.close());
  const app = new Koa();
  const reported: unknown[] = [];
  app.on("error", (error: unknown) => reported.push(error));
  return { app, budget, simulator, store, logged, reported };
}

/** The usual order: body, sign-in, budget. */
export async function startMounted(options: StartOptions = {}): Promise<Running> {
  const running = await start(options);
  running.app.use(bodyParser()).use(signIn).use(running.budget);
  return running;
}

export async function listen(app: Koa): Promise<Listening> {
  const server = createServer(app.callback()).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    post: (path, { user = "alice", body = {}, headers = {}, method = "POST" } = {}) =>
      fetch(url + path, {
        method,
        headers: {
          "content-type": "application/json",
          ...(user === null ? {} : { cookie: `session=${user}` }),
          ...headers,
        },
        ...(method === "POST" ? { body: JSON.stringify(body) } : {}),
      }),
  };
}

/** Runs the assistant and answers with its text. */
export const chat = async (ctx: Pick<Context, "assistants" | "request" | "body">) => {
  const { message = "Hello", thread } = Object(ctx.request.body) as Record<string, string>;
  const run = await ctx.assistants.run({ input: message, thread });
  ctx.body = { reply: run.text, thread: run.thread, cost: run.cost.usd };
};

export const SPENT = { limits: { user: "$0.0000001/day" } } as const;
export const ONE = { limits: { user: "1 run/day" } } as const;

/** The bodies of refusals, as a client reads them. */
export async function problemOf(response: Response): Promise<Problem> {
  return (await response.json()) as Problem;
}

export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly [member: string]: unknown;
}
