import {
  type Simulator,
  type SimulatorOptions,
  createSimulator,
} from "@assistants-budget/simulator";
import { onTestFinished } from "vitest";
import { type FetchBudget, type FetchOptions, assistantsBudget, memory } from "../src/index.ts";

export interface Running {
  readonly budget: FetchBudget;
  readonly options: FetchOptions;
  readonly simulator: Simulator;
  readonly logged: { readonly info: string[]; readonly warn: string[]; readonly error: string[] };
}

export interface StartOptions extends Partial<Omit<FetchOptions, "identify" | "anonymous">> {
  readonly simulator?: SimulatorOptions;
}

/** Stands in for a session: whoever holds the cookie is signed in. */
export function identify(request: Request): string | undefined {
  return /session=(\w+)/.exec(request.headers.get("cookie") ?? "")?.[1];
}

/** A budget before a simulator. */
export async function start(options: StartOptions = {}): Promise<Running> {
  const { simulator: setUp, ...rest } = options;
  const simulator = await createSimulator(setUp);
  onTestFinished(() => simulator.close());
  const logged = { info: [] as string[], warn: [] as string[], error: [] as string[] };
  const all: FetchOptions = {
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
    store: memory(),
    identify,
    ...rest,
  };
  const budget = assistantsBudget(all);
  onTestFinished(() => budget.close());
  return { budget, options: all, simulator, logged };
}

/** A request of somebody who is signed in; `null` for nobody. */
export function sent({
  user = "alice",
  method = "POST",
}: { user?: string | null; method?: string } = {}): Request {
  const headers: Record<string, string> = user === null ? {} : { cookie: `session=${user}` };
  return new Request("http://localhost/chat", { method, headers });
}

export const ONE = { limits: { user: "1 run/day" } } as const;
export const SMALL = { limits: { run: "$0.0000001" } } as const;

/** The status of an answer, and the code in its body. */
export async function told(response: Response): Promise<readonly unknown[]> {
  const body = (await response.json()) as { code?: string };
  return [response.status, body.code];
}
