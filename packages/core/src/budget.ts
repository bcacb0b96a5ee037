/** Everything put together, outside of any web framework: what every adapter stands on. */
import { type Assistants, type AssistantsHost, assistantsOf } from "./assistants-of.ts";
import {
  type RecoverReport,
  breaker,
  pauseFor,
  recoverHolds,
  responsesBackend,
  sweeper,
} from "./assistants/index.ts";
import { type Environment, clientFrom, requireKey } from "./client.ts";
import { BudgetError, isBudgetError } from "./errors.ts";
import { invalidOptions } from "./invalid-options.ts";
import {
  type LedgerLine,
  type LineQuery,
  type Monotonic,
  type Store,
  createLedger,
  askStore,
  pending,
} from "./ledger/index.ts";
import type { BudgetOptions, Log, PolicyOptions } from "./options.ts";
import { readOptions, readPolicy } from "./read-options.ts";
import { type Policy, narrow } from "./rules/index.ts";
import { type Subject, subjectsOf } from "./subject.ts";

/** What a budget needs of the machine that it runs on. */
export interface Host {
  /** Default: empty, so that `apiKey` or `client` must be given. */
  readonly env?: Environment;
  /** The store where the options name none. Default: none, so that they must. */
  readonly store?: () => Store;
  /** A clock that never goes back, ms. Default `performance.now`. */
  readonly monotonic?: Monotonic;
}

/** A policy that has been read and checked, ready to be put upon others. */
export type ReadyPolicy = Policy;

export interface Budget {
  /** The same assistants outside a request: jobs, queues, scripts. */
  readonly for: (subject: Subject) => Assistants;
  /** For one subject under these policies, from the outermost to the innermost; each can only narrow. */
  readonly under: (subject: Subject, policies: readonly ReadyPolicy[]) => Assistants;
  /** Reads a policy. @throws BudgetError `invalid_options` */
  readonly policy: (options: PolicyOptions) => ReadyPolicy;
  /** Opens the store now, for apps that want to fail at start. @throws BudgetError */
  readonly ready: () => Promise<void>;
  /** Ends the holds of processes that have died. */
  readonly recover: () => Promise<RecoverReport>;
  /** The ledger's lines, oldest first. */
  readonly lines: (query?: LineQuery) => Promise<readonly LedgerLine[]>;
  /**
   * Waits for the runs under way, then stops timers and closes the store. Nothing begins after it;
   * what is still running after `waitMs` (default 10,000) is recovered by another process.
   */
  readonly close: (options?: { readonly waitMs?: number }) => Promise<void>;
  readonly log: Log;
  /** The store's name, for messages. */
  readonly storeName: string;
}

/**
 * Makes a budget.
 *
 * @throws BudgetError `invalid_options`, `model_price_unknown`
 */
export function createBudget(options: BudgetOptions = {}, host: Host = {}): Budget {
  const config = readOptions(options);
  const env = host.env ?? {};
  const store = options.store ?? host.store?.() ?? noStore();
  const log = guarded(options.log ?? consoleLog);
  if (store.name === "memory" && env["NODE_ENV"] === "production") {
    log.warn(
      "assistants-budget: ERR_AB_MEMORY_STORE: the memory store forgets every budget at a restart, and each process has its own. Use sqlite({ path }), redis(client) or postgres(pool) in production.",
    );
  }
  const monotonic = host.monotonic ?? (() => performance.now());
  const ledger = createLedger({ store, monotonic });
  ledger.watch(config.policy.limits);
  const client = clientFrom(options, env);
  const running = new Set<Promise<unknown>>();
  const unsaved = pending(saveLater);
  let closed = false;
  const runner: AssistantsHost = {
    ...config,
    config,
    store,
    ledger,
    monotonic,
    backend: responsesBackend({ client, idleMs: config.idleMs }),
    breaker: breaker(monotonic),
    warn: log.warn,
    unsaved,
    ready: () => {
      if (closed) throw wasClosed();
      requireKey(options, env);
      sweep.start();
    },
    underWay: (run) => {
      running.add(run);
      run.finally(() => running.delete(run)).catch(() => undefined);
      return run;
    },
  };
  const sweep = sweeper(runner, store);
  const under = (subject: Subject, policies: readonly ReadyPolicy[]): Assistants => {
    const policy = policies.reduce((outer, inner) => narrow(outer, inner), config.policy);
    return assistantsOf(runner, { subject, subjects: subjectsOf(subject), policy });
  };

  return {
    for: (subject) => under(subject, []),
    under,
    policy: (one) => {
      const policy = readPolicy(one, config);
      ledger.watch(policy.limits);
      return policy;
    },
    ready: () => askStore(() => store.open()),
    recover: () => recoverHolds(runner),
    lines: (query = {}) => askStore(() => store.lines(query)),
    close: async ({ waitMs = 10_000 } = {}) => {
      closed = true;
      sweep.stop();
      const enough = new AbortController();
      await Promise.race([Promise.allSettled(running), pauseFor(waitMs, enough.signal)]);
      enough.abort();
      await unsaved.flush();
      unsaved.close();
      await ledger.close();
      await store.close();
    },
    log,
    storeName: store.name,
  };
}

/** A save that another run or a deletion has overtaken is not tried again. */
async function saveLater(save: () => Promise<void>): Promise<void> {
  try {
    await save();
  } catch (error) {
    if (isBudgetError(error) && error.code === "store_unavailable") throw error;
  }
}

function wasClosed(): BudgetError {
  return new BudgetError("store_unavailable", {
    message: "This budget was closed with close(); make a new one, or close it later.",
  });
}

/** A log that fails must not stand between a call and its charge. */
function guarded(log: Log): Log {
  const safely = (level: keyof Log) => (message: string) => {
    try {
      Promise.resolve(log[level](message)).catch(() => undefined);
    } catch {
      // There is nowhere left to say so.
    }
  };
  return { info: safely("info"), warn: safely("warn"), error: safely("error") };
}

/** Falling back to memory would forget budgets silently, at each restart. */
function noStore(): never {
  throw invalidOptions(
    "store: found none; give one, such as sqlite({ path }) of @assistants-budget/store-sqlite, or memory() for what may be forgotten.",
  );
}

/* oxlint-disable no-console -- the one place where it is written to, unless the app brings a log */
const consoleLog: Log = {
  info: (message) => console.info(message),
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};
/* oxlint-enable no-console */
