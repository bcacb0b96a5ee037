import { type Assistants, assistantsOf } from "./assistants-of.ts";
/** Everything put together, outside of any web framework: what every adapter stands on. */
import {
  type RecoverReport,
  type RunnerHost,
  breaker,
  recoverHolds,
  responsesBackend,
  sweeper,
} from "./assistants/index.ts";
import { type Environment, clientFrom, requireKey } from "./client.ts";
import { invalidOptions } from "./invalid-options.ts";
import {
  type LedgerLine,
  type LineQuery,
  type Monotonic,
  type Store,
  createLedger,
  persist,
} from "./ledger/index.ts";
import type { BudgetOptions, Config, Log, PolicyOptions } from "./options.ts";
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
  /** Ends every hold whose process has died. */
  readonly recover: () => Promise<RecoverReport>;
  /** The ledger's lines, oldest first. */
  readonly lines: (query?: LineQuery) => Promise<readonly LedgerLine[]>;
  /** Stops timers and closes the store, if the budget opened it. */
  readonly close: () => Promise<void>;
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
  const log = options.log ?? consoleLog;
  const monotonic = host.monotonic ?? (() => performance.now());
  const ledger = createLedger({ store, monotonic });
  const client = clientFrom(options, env);
  const runner: RunnerHost & { readonly config: Config; readonly ready: () => void } = {
    ...config,
    config,
    store,
    ledger,
    monotonic,
    backend: responsesBackend({ client, idleMs: config.idleMs }),
    breaker: breaker(monotonic),
    warn: log.warn,
    ready: () => {
      requireKey(options, env);
      sweep.start();
    },
  };
  const sweep = sweeper(runner, store);
  const under = (subject: Subject, policies: readonly ReadyPolicy[]): Assistants => {
    const policy = policies.reduce((outer, inner) => narrow(outer, inner), config.policy);
    return assistantsOf(runner, { subjects: subjectsOf(subject), policy });
  };

  return {
    for: (subject) => under(subject, []),
    under,
    policy: (one) => readPolicy(one, config),
    ready: () => store.open(),
    recover: () => recoverHolds(runner),
    lines: (query = {}) => persist(() => store.lines(query)),
    close: async () => {
      sweep.stop();
      await ledger.close();
      await store.close();
    },
    log,
    storeName: store.name,
  };
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
