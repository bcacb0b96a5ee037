import {
  createSimulator,
  type InvoiceLine,
  type Simulator,
  type SimulatorOptions,
} from "@assistants-budget/simulator";
import { expect, onTestFinished } from "vitest";
import {
  type Assistants,
  type Budget,
  type BudgetError,
  type BudgetOptions,
  type StepLine,
  type Store,
  createBudget,
  isBudgetError,
  memory,
} from "../src/index.ts";

/** A budget on a memory store before a simulator of its own. */
export interface Running {
  readonly simulator: Simulator;
  readonly budget: Budget;
  readonly store: Store;
  readonly alice: Assistants;
  /** What was logged, by level. */
  readonly logged: { readonly info: string[]; readonly warn: string[]; readonly error: string[] };
}

export interface StartOptions extends BudgetOptions {
  readonly simulator?: SimulatorOptions;
}

/** A model that does not reason, so that its smallest useful answer is 256 tokens. */
export const PLAIN = "gpt-4o-mini";
/** A model that may reason and has cache writes. */
export const REASONING = "gpt-6-luna";

export const LARGE_LIMITS = { run: "$1000", thread: "$1000", user: "$1000/day" } as const;

/** Nothing is tried again and nothing is waited for long, unless a test says so. */
export async function start(options: StartOptions = {}): Promise<Running> {
  const { simulator: setUp, ...rest } = options;
  const simulator = await createSimulator(setUp);
  onTestFinished(() => simulator.close());
  const logged = { info: [] as string[], warn: [] as string[], error: [] as string[] };
  const store = options.store ?? memory();
  const budget = createBudget({
    limits: LARGE_LIMITS,
    baseURL: simulator.url,
    apiKey: "sk-test",
    maxRetries: 0,
    wait: "50ms",
    patience: "400ms",
    log: {
      info: (message) => void logged.info.push(message),
      warn: (message) => void logged.warn.push(message),
      error: (message) => void logged.error.push(message),
    },
    ...rest,
    store,
  });
  onTestFinished(() => budget.close({ waitMs: 0 }));
  return {
    simulator,
    budget,
    store,
    logged,
    get alice() {
      return budget.for({ user: "alice" });
    },
  };
}

/** What both sides have written down, once nothing is under way. */
export async function books({
  simulator,
  budget,
  store,
}: Pick<Running, "simulator" | "budget" | "store">): Promise<{
  readonly lines: readonly StepLine[];
  readonly invoice: readonly InvoiceLine[];
  readonly held: number;
}> {
  await simulator.idle();
  const lines = await allLines(budget);
  const held = await store.holds({ expired: false, limit: 10_000 });
  return { lines, invoice: simulator.invoice().lines, held: held.length };
}

async function allLines(budget: Pick<Budget, "lines">): Promise<readonly StepLine[]> {
  const all: StepLine[] = [];
  for (;;) {
    const after = all.at(-1)?.id;
    const page = await budget.lines({ limit: 1000, ...(after === undefined ? {} : { after }) });
    all.push(...page);
    if (page.length < 1000) return all;
  }
}

/** The promise of DESIGN §3: reported lines equal the invoice's, to the nano-dollar a line, and nothing is held. */
export async function expectAgreement(running: Running): ReturnType<typeof books> {
  const both = await books(running);
  const { lines, invoice, held } = both;
  expect(lines.map(({ charge }) => charge.known)).toEqual(lines.map(() => "reported"));
  expect(billOf(lines)).toEqual(
    new Map(invoice.map(({ responseId, nano }) => [responseId, Number(nano)])),
  );
  expect(held).toBe(0);
  return both;
}

/** What the ledger says of each response. */
export function billOf(lines: readonly StepLine[]): Map<string | undefined, number> {
  const bill = new Map<string | undefined, number>();
  for (const { charge } of lines)
    bill.set(charge.responseId, (bill.get(charge.responseId) ?? 0) + charge.nano);
  return bill;
}

/** The refusal or failure that something ends in. */
export async function budgetError(
  attempt: Promise<unknown> | (() => unknown),
): Promise<BudgetError> {
  try {
    const value = await (typeof attempt === "function" ? attempt() : attempt);
    throw new Error(`expected a BudgetError; it resolved with ${JSON.stringify(value)}`);
  } catch (error) {
    if (isBudgetError(error)) return error;
    throw error;
  }
}

/** How often a response was asked for, and how often one was asked about. */
export function callsOf(simulator: Simulator): { creates: number; retrieves: number } {
  const requests = simulator.requests();
  return {
    creates: requests.filter(({ method }) => method === "POST").length,
    retrieves: requests.filter(({ method }) => method === "GET").length,
  };
}

/** The bodies of all requests for a response. */
export function bodiesOf(simulator: Simulator): readonly CreateBody[] {
  return simulator
    .requests()
    .filter(({ method }) => method === "POST")
    .map(({ body }) => body as unknown as CreateBody);
}

export interface CreateBody {
  readonly model: string;
  readonly max_output_tokens: number;
  readonly input: readonly { readonly type: string; readonly [key: string]: unknown }[];
  readonly [key: string]: unknown;
}
