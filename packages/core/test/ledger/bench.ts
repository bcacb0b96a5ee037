import { isBudgetError } from "../../src/errors.ts";
import {
  type BudgetError,
  type Charge,
  type Ledger,
  type Store,
  createLedger,
  memory,
} from "../../src/ledger/index.ts";
import { type Policy, parseLimit } from "../../src/rules/index.ts";

/** Friday, 20 November 2026, 12:00 UTC. */
export const NOON = Date.UTC(2026, 10, 20, 12);
const CENT = 10_000_000;

export type LedgerHost = Parameters<typeof createLedger>[0];
export type Demand = Parameters<Ledger["reserve"]>[0];

/** A ledger on a memory store, with the store's time in the test's hands. */
export interface Bench {
  readonly ledger: Ledger;
  readonly store: Store;
  /** The store's clock, epoch ms. */
  readonly clock: { now: number };
}

/** A process's ledger on a store. */
export function ledgerOn(store: Store, host: Partial<LedgerHost> = {}): Ledger {
  return createLedger({
    store,
    monotonic: () => performance.now(),
    owner: `process_${crypto.randomUUID()}`,
    onStoreError: "deny",
    thresholds: [],
    keptCharges: undefined,
    warn: () => undefined,
    noticed: () => undefined,
    ...host,
  });
}

export function bench(
  options: {
    readonly store?: (sound: Store) => Partial<Store>;
    readonly monotonic?: () => number;
    readonly now?: number;
    readonly host?: Partial<LedgerHost>;
  } = {},
): Bench {
  const clock = { now: options.now ?? NOON };
  const sound = memory({ clock: () => clock.now });
  const store = { ...sound, ...options.store?.(sound) };
  const monotonic = options.monotonic ?? (() => performance.now());
  return { ledger: ledgerOn(store, { monotonic, ...options.host }), store, clock };
}

/** Limits as an app writes them: `{ user: ['$1/day', '$10/month'] }`. */
function limits(texts: Readonly<Record<string, readonly string[]>>): Policy["limits"] {
  return Object.fromEntries(
    Object.entries(texts).map(([scope, list]) => [
      scope,
      list.map((text) => parseLimit(text, scope)),
    ]),
  );
}

/** A step of Alice's that can cost `cents`, whatever it answers. */
export function demand(
  cents: number,
  rest: Partial<Omit<Demand, "limits">> & {
    readonly limits: Readonly<Record<string, readonly string[]>>;
  },
): Demand {
  return {
    subjects: { user: "alice", thread: "thread-1", run: "run-1", app: "app" },
    timeZone: "UTC",
    ceiling: { promptTokens: 1000, rates: { prompt: cents * CENT, completion: 0 } },
    output: { min: 1, max: 1 },
    countRun: true,
    waitMs: 0,
    facts: {
      user: "alice",
      thread: "thread-1",
      run: "run-1",
      step: "step-1",
      assistant: "support",
      model: "model-1",
      tier: "default",
      priceVersion: "2026-11",
      promptTokens: 1000,
    },
    ...rest,
    limits: { app: limits(rest.limits), inner: [] },
  };
}

/** What a step did cost, as the provider reported it. */
export function charge(cents: number): Charge {
  const usage = {
    promptTokens: 0,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite12hTokens: 0,
    completionTokens: 0,
    reasoningTokens: 0,
    totalTokens: 0,
  };
  const known = "reported" as const;
  return { nano: cents * CENT, tokens: 0, known, usage, model: "model-1", tier: "default" };
}

/** Reserves and settles. */
export async function spend(ledger: Ledger, cents: number, of: Demand): Promise<void> {
  const { id } = await ledger.reserve(of);
  await ledger.settle(id, charge(cents));
}

/** The refusal that a call ends in. */
export async function refusalOf(call: Promise<unknown>): Promise<BudgetError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isBudgetError(error)) throw new Error("expected a refusal", { cause: error });
  return error;
}
