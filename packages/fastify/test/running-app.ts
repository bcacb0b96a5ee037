import {
  type Simulator,
  type SimulatorOptions,
  createSimulator,
} from "@assistants-budget/simulator";
import jwt from "@fastify/jwt";
import { type FastifyInstance, type LightMyRequestResponse, fastify } from "fastify";
import { onTestFinished } from "vitest";
import {
  type FastifyBudgetPlugin,
  type FastifyOptions,
  assistantsBudget,
  memory,
} from "../src/index.ts";

export interface Running {
  readonly app: FastifyInstance;
  readonly budget: FastifyBudgetPlugin;
  readonly simulator: Simulator;
  readonly logged: { readonly info: string[]; readonly warn: string[]; readonly error: string[] };
  /** Sends a request with somebody's token; `null` for nobody's. */
  readonly post: (path: string, sent?: Sent) => Promise<LightMyRequestResponse>;
}

interface Sent {
  readonly user?: string | null;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: "GET" | "HEAD" | "OPTIONS" | "POST";
}

export interface StartOptions extends FastifyOptions {
  readonly simulator?: SimulatorOptions;
}

/** The options of a budget before a simulator, and what it tells the developer. */
export async function before({ simulator: setUp, ...options }: StartOptions = {}) {
  const simulator = await createSimulator(setUp);
  onTestFinished(() => simulator.close());
  const logged = { info: [] as string[], warn: [] as string[], error: [] as string[] };
  const all: FastifyOptions = {
    baseURL: simulator.url,
    apiKey: "sk-test",
    assistants: { support: { model: "gpt-4o-mini" } },
    maxRetries: 0,
    wait: "50ms",
    patience: "300ms",
    store: memory(),
    log: {
      info: (message) => void logged.info.push(message),
      warn: (message) => void logged.warn.push(message),
      error: (message) => void logged.error.push(message),
    },
    ...options,
  };
  return { simulator, logged, options: all };
}

/** An app whose users come with a token of `@fastify/jwt`; nothing else is registered yet. */
export async function signingApp(): Promise<FastifyInstance> {
  const app = fastify();
  onTestFinished(() => app.close());
  await app.register(jwt, { secret: "of the test" });
  app.addHook("onRequest", async (request) => {
    if (request.headers.authorization) await request.jwtVerify();
  });
  return app;
}

/** How somebody who has signed in sends requests to an app. */
export function client(app: FastifyInstance): Running["post"] {
  return (url, { user = "alice", body = {}, headers = {}, method = "POST" } = {}) =>
    app.inject({
      method,
      url,
      headers: {
        ...(user === null ? {} : { authorization: `Bearer ${app.jwt.sign({ sub: user })}` }),
        ...headers,
      },
      ...(method === "POST" ? { payload: body } : {}),
    });
}

/** A budget, and an app in which it is not registered yet. */
export async function start(options: StartOptions = {}): Promise<Running> {
  const { options: all, ...world } = await before(options);
  const budget = assistantsBudget(all);
  onTestFinished(() => budget.close());
  const app = await signingApp();
  return { app, budget, ...world, post: client(app) };
}

/** The usual order: sign-in, budget. */
export async function startRegistered(options: StartOptions = {}): Promise<Running> {
  const running = await start(options);
  await running.app.register(running.budget);
  return running;
}

/** A route that runs the assistant and answers with its text. */
export function chat(app: FastifyInstance, url = "/chat", config: object = {}): void {
  app.post<{ Body: { readonly thread?: string } | undefined }>(url, { config }, async (request) => {
    const run = await request.assistants.run({ input: "Hello", thread: request.body?.thread });
    return { reply: run.text, thread: run.thread };
  });
}

export const SPENT = { limits: { user: "$0.0000001/day" } } as const;
export const ONE = { limits: { user: "1 run/day" } } as const;

export function codeOf(response: LightMyRequestResponse): unknown {
  return response.json<{ code?: unknown }>().code;
}
