import { createSimulator, type SimulatorOptions } from "@assistants-budget/simulator";
import { type ClientOptions, OpenAI } from "openai";
import { OpenAI as OpenAI6 } from "openai-6";
import { expect, onTestFinished } from "vitest";
import { type BudgetOptions, createBudget, memory } from "../../src/index.ts";
import { LARGE_LIMITS, type Running, books } from "../running-budget.ts";

/** Both majors that the package says it works with. The older one's types are as good as the newer's here. */
export const SDKS: readonly (readonly [name: string, sdk: typeof OpenAI])[] = [
  ["openai 7", OpenAI],
  ["openai 6", OpenAI6 as unknown as typeof OpenAI],
];

export interface RunningClient extends Running {
  /** The app's own. */
  readonly plain: OpenAI;
  /** The same under alice's budget. */
  readonly client: OpenAI;
}

export interface ClientSetUp {
  readonly simulator?: SimulatorOptions;
  readonly sdk?: ClientOptions;
  readonly budget?: BudgetOptions;
}

/** A client of the app's own before a simulator, and a budget that was given it. */
export async function startClient(
  SDK: typeof OpenAI,
  { simulator: setUp, sdk, budget: options }: ClientSetUp = {},
): Promise<RunningClient> {
  const simulator = await createSimulator(setUp);
  onTestFinished(() => simulator.close());
  const plain = new SDK({
    baseURL: simulator.url,
    apiKey: "sk-test",
    maxRetries: 0,
    logLevel: "off",
    ...sdk,
  });
  const store = options?.store ?? memory();
  const logged = { info: [] as string[], warn: [] as string[], error: [] as string[] };
  const budget = createBudget({
    limits: LARGE_LIMITS,
    client: plain,
    wait: "50ms",
    patience: "400ms",
    log: {
      info: (message) => void logged.info.push(message),
      warn: (message) => void logged.warn.push(message),
      error: (message) => void logged.error.push(message),
    },
    ...options,
    store,
  });
  onTestFinished(() => budget.close({ waitMs: 0 }));
  const alice = budget.for({ user: "alice" });
  return { simulator, budget, store, logged, alice, plain, client: alice.client };
}

/** Every line is reported, equals its line of the invoice to the nano-dollar, and nothing is held. */
export async function expectInvoice(running: Running): ReturnType<typeof books> {
  const both = await books(running);
  const { lines, invoice, held } = both;
  const ours = lines.map(({ charge }) => `${charge.known} ${charge.model} ${charge.nano}`);
  const theirs = invoice.map(({ model, nano }) => `reported ${model} ${nano}`);
  expect(ours.toSorted()).toEqual(theirs.toSorted());
  expect(held).toBe(0);
  return both;
}

/** Waits for what goes on after the app has left. */
export async function settled(running: Running): ReturnType<typeof books> {
  for (let left = 100; left > 0; left -= 1) {
    const now = await books(running);
    if (now.held === 0) return now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("a hold has not ended");
}

/** The error that a call ends in, whatever it is. */
export async function errorOf(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("expected an error");
}

/** Requests that cost money, as the provider got them. */
export function sentTo({ simulator }: Running): readonly Readonly<Record<string, unknown>>[] {
  return simulator
    .requests()
    .filter(({ method, path }) => method === "POST" && !path.endsWith("input_tokens"))
    .map(({ body }) => body as Readonly<Record<string, unknown>>);
}

export async function all<T>(events: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const event of events) list.push(event);
  return list;
}

export const say = (content: string) => [{ role: "user" as const, content }];
