import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createSimulator,
  type Simulator,
  type SimulatorOptions,
} from "@assistants-budget/simulator";
import express, { type Express, type Request } from "express";
import { onTestFinished } from "vitest";
import { type ExpressBudget, type ExpressOptions, assistantsBudget, memory } from "../src/index.ts";

export interface Running {
  readonly app: Express;
  readonly budget: ExpressBudget;
  readonly simulator: Simulator;
  readonly store: ReturnType<typeof memory>;
  readonly logged: { readonly info: string[]; readonly warn: string[]; readonly error: string[] };
  /** Listens, once the routes are there. */
  readonly listen: () => Promise<Listening>;
}

export interface Listening {
  readonly url: string;
  readonly server: Server;
  /** Sends a request as somebody who is signed in; `null` for nobody. */
  readonly post: (path: string, init?: PostInit) => Promise<Response>;
}

interface PostInit {
  readonly user?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StartOptions extends ExpressOptions {
  readonly simulator?: SimulatorOptions;
}

/** Stands in for a session: whoever holds the cookie is signed in. The budget never sees the cookie. */
export function signIn(req: Request): void {
  const id = /session=(\w+)/.exec(req.get("cookie") ?? "")?.[1];
  if (id !== undefined) Object.assign(req, { user: { id } });
}

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
  const app = express();
  return { app, budget, simulator, store, logged, listen: () => listen(app) };
}

/** The usual order: body, sign-in, budget. */
export async function startMounted(options: StartOptions = {}): Promise<Running> {
  const running = await start(options);
  running.app.use(express.json(), (req, _res, next) => {
    signIn(req);
    next();
  });
  running.app.use(running.budget);
  return running;
}

export async function listen(app: Express): Promise<Listening> {
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    server,
    post: (path, { user = "alice", body = {}, headers = {} } = {}) =>
      fetch(url + path, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(user === null ? {} : { cookie: `session=${user}` }),
          ...headers,
        },
        body: JSON.stringify(body),
      }),
  };
}

/** A route that runs the assistant and answers with its text. */
export function chat(app: Pick<Express, "post">, path = "/chat"): void {
  app.post(path, async (req, res) => {
    const { message = "Hello", thread } = req.body as { message?: string; thread?: string };
    const run = await req.assistants.run({ input: message, thread });
    res.json({ reply: run.text, thread: run.thread, cost: run.cost.usd });
  });
}

export const SPENT = { limits: { user: "$0.0000001/day" } } as const;

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
