import {
  type Simulator,
  type SimulatorOptions,
  createSimulator,
} from "@assistants-budget/simulator";
import { type Context, Hono } from "hono";
import { onTestFinished } from "vitest";
import {
  type BudgetEnv,
  type HonoBudget,
  type HonoOptions,
  type Store,
  assistantsBudget,
  memory,
} from "../src/index.ts";

/** The environment of an app whose sign-in sets `user`. */
export interface Env {
  Variables: BudgetEnv["Variables"] & { user?: { readonly id: string } };
}

export interface Running {
  readonly app: Hono<Env>;
  readonly budget: HonoBudget;
  readonly simulator: Simulator;
  readonly store: Store;
  readonly logged: { readonly info: string[]; readonly warn: string[]; readonly error: string[] };
}

export interface StartOptions extends Partial<HonoOptions> {
  readonly simulator?: SimulatorOptions;
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
  return { app: new Hono<Env>(), budget, simulator, store, logged };
}

/** Stands in for a session: whoever holds the cookie is signed in. The budget never sees the cookie. */
export async function signIn(c: Context<Env>, next: () => Promise<void>): Promise<void> {
  const id = /session=(\w+)/.exec(c.req.header("cookie") ?? "")?.[1];
  if (id !== undefined) c.set("user", { id });
  await next();
}

/** The usual order: sign-in, budget. */
export async function startMounted(options: StartOptions = {}): Promise<Running> {
  const running = await start(options);
  running.app.use(signIn, running.budget);
  return running;
}

/** A route that runs the assistant and answers with its text. */
export async function chat(c: Context<Env>) {
  const { message = "Hello", thread } = await c.req.json<{ message?: string; thread?: string }>();
  const run = await c.var.assistants.run({ input: message, thread });
  return c.json({ reply: run.text, thread: run.thread, cost: run.cost.usd });
}

/** What `app.request(path, …)` sends as somebody who is signed in; `null` for nobody. */
export function post(
  body: unknown = {},
  { user = "alice", ...headers }: { readonly [name: string]: string | null } = {},
): RequestInit {
  return {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(user === null ? {} : { cookie: `session=${user}` }),
      ...(headers as Record<string, string>),
    },
    body: JSON.stringify(body),
  };
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
