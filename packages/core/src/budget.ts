/** Everything put together, outside of any web framework: what every adapter stands on. */
import type { OpenAI } from "openai";
import { v7 as uuid } from "uuid";
import { type Assistants, type AssistantsHost, assistantsOf } from "./assistants-of.ts";
import {
  type RecoverReport,
  breaker,
  liveRuns,
  pauseFor,
  recoverHolds,
  responsesBackend,
  sweeper,
} from "./assistants/index.ts";
import {
  type Environment,
  type Who,
  budgetedClient,
  clientFrom,
  knownAnswers,
  requireKey,
} from "./client/index.ts";
import { BudgetError, isBudgetError } from "./errors.ts";
import { invalidOptions } from "./invalid-options.ts";
import {
  type LimitLayers,
  type LineQuery,
  type Monotonic,
  type StepLine,
  type Store,
  askStore,
  createLedger,
  delivery,
  pending,
  stepLines,
} from "./ledger/index.ts";
import { type Operator, createOperator } from "./operator.ts";
import type { BudgetOptions, Log, PolicyOptions } from "./options.ts";
import { readOptions, readPolicy } from "./read-options.ts";
import { type Policy, within } from "./rules/index.ts";
import { type Subject, subjectsOf } from "./subject.ts";
import { type ThresholdEvent, thresholdEvent } from "./threshold-event.ts";

/** What a budget needs of the machine that it runs on. */
export interface Host {
  /** Default: empty, so that `apiKey` or `client` must be given. */
  readonly env?: Environment;
  /** The store where the options name none. Default: none, so that they must. */
  readonly store?: () => Store;
  /** A clock that never goes back, ms. Default `performance.now`. */
  readonly monotonic?: Monotonic;
  /** How long a hold lives without a sign of life, ms; for tests. Default 60,000. */
  readonly holdTtlMs?: number;
}

/** A policy that has been read and checked, ready to be put upon others. */
export type ReadyPolicy = Policy;

/** What an app does with its budget outside of requests; every adapter has it. */
export interface AppBudget {
  /** The same assistants outside a request: jobs, queues, scripts. */
  readonly for: (subject: Subject) => Assistants;
  /** Opens the store now, for apps that want to fail at start. @throws BudgetError */
  readonly ready: () => Promise<void>;
  /** What operators may do about subjects and charges, and see of them. */
  readonly operator: Operator;
  /**
   * Listens to `thresholds`. Each is brought at least once over all processes that listen, with its
   * `id`; a handler that throws is told again. Gives back how to stop listening.
   */
  readonly on: (type: "threshold", handler: (event: ThresholdEvent) => unknown) => () => void;
  /** Ends the holds of processes that have died. */
  readonly recover: () => Promise<RecoverReport>;
  /** What steps cost, oldest first: charges, and corrections of what was assumed. `operator.acts()` has the rest of the ledger. */
  readonly lines: (query?: LineQuery) => Promise<readonly StepLine[]>;
  /**
   * Waits for the runs under way, then stops timers and closes the store. Nothing begins after it;
   * what is still running after `waitMs` (default 10,000) is recovered by another process.
   */
  readonly close: (options?: { readonly waitMs?: number }) => Promise<void>;
}

/** A budget, as adapters stand on it. */
export interface Budget extends AppBudget {
  /** For one subject under these policies, from the outermost to the innermost; each narrows, unless it overrides. */
  readonly under: (subject: Subject, policies: readonly ReadyPolicy[]) => Assistants;
  /**
   * An OpenAI client under the budget of whoever is found when a call is made; told of refusals.
   *
   * @throws BudgetError `api_key_missing`, or `invalid_options` while the SDK is being loaded
   */
  readonly clientFor: (
    who: () => Promise<{ readonly subject: Subject; readonly policies: readonly ReadyPolicy[] }>,
    refused?: (error: BudgetError) => void,
  ) => OpenAI;
  /** Reads a policy. @throws BudgetError `invalid_options` */
  readonly policy: (options: PolicyOptions) => ReadyPolicy;
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
  const warn = (message: string): void => log.warn(`assistants-budget: ${message}`);
  let owner: string | undefined;
  const own = {
    store,
    warn,
    // Drawn where it is first asked for: workers have no randomness before their first request.
    get owner() {
      return (owner ??= `process_${uuid()}`);
    },
  };
  const notices = delivery(own);
  const ledger = createLedger({
    store,
    monotonic,
    warn,
    get owner() {
      return own.owner;
    },
    onStoreError: config.onStoreError,
    thresholds: config.thresholds,
    keptCharges: options.keepCharges,
    noticed: () => notices.nudge(),
    holdTtlMs: host.holdTtlMs,
  });
  ledger.watch(config.policy.limits);
  const client = clientFrom(options, env);
  // A budgeted client can't wait for the SDK: it is there before the first request comes.
  void client.load();
  const running = new Set<Promise<unknown>>();
  const unsaved = pending(saveLater);
  let closed = false;
  const runner: AssistantsHost = {
    ...config,
    config,
    store,
    ledger,
    monotonic,
    backend: responsesBackend({ client: client.get, idleMs: config.idleMs }),
    breaker: breaker(monotonic),
    warn: log.warn,
    unsaved,
    live: liveRuns(),
    ready: () => {
      if (closed) throw wasClosed();
      requireKey(options, env);
      resume();
      sweep.start();
    },
    underWay: (run) => {
      running.add(run);
      run.finally(() => running.delete(run)).catch(() => undefined);
      return run;
    },
    answers: knownAnswers(),
    clientFor: (who, refused) =>
      budgetedClient({
        host: runner,
        own: client.now(),
        // The app's own client keeps what it is set to; the one made here leaves retries to us.
        ...(options.client ? {} : { maxRetries: config.maxRetries }),
        who,
        waive: config.waive,
        waived,
        ...(refused ? { refused } : {}),
      }),
  };
  const isTold = new Set<string>();
  function waived(method: string): void {
    if (isTold.has(method)) return;
    isTold.add(method);
    warn(
      `ERR_AB_WAIVED_CALL: client.${method}() passes the budget by, because \`waive\` names it: what it costs is neither held nor counted.`,
    );
  }
  let isResumed = false;
  /** What an earlier process left on the disk is brought by the first run, if nobody did before. */
  function resume(): void {
    if (isResumed) return;
    isResumed = true;
    ledger.resume().catch((error: unknown) => {
      isResumed = false;
      warn(`kept charges can't be read: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  const sweep = sweeper(runner, own);
  const layers = limitLayers();
  const whoUnder = (given: Subject, policies: readonly ReadyPolicy[]): Who => {
    // Whoever it is asked about is whom it counts under: nobody changes that on the way.
    const subject = Object.freeze({ ...given });
    const policy = policies.reduce(within, config.policy);
    const limits = () => {
      const app = config.limitsFor(subject);
      return app instanceof Promise
        ? app.then((one) => layers(one, policies))
        : layers(app, policies);
    };
    return { subject, subjects: subjectsOf(subject), policy, limits };
  };
  const under = (subject: Subject, policies: readonly ReadyPolicy[]): Assistants =>
    assistantsOf(runner, whoUnder(subject, policies));

  return {
    for: (subject) => under(subject, []),
    under,
    clientFor: (who, refused) =>
      runner.clientFor(async () => {
        const { subject, policies } = await who();
        return whoUnder(subject, policies);
      }, refused),
    policy: (one) => {
      const policy = readPolicy(one, config);
      ledger.watch(policy.limits);
      return policy;
    },
    operator: createOperator({ store, ledger, timeZone: config.timeZone }),
    on: (type, handler) => {
      if (type !== "threshold" || typeof handler !== "function")
        throw invalidOptions(
          `on(): found ${JSON.stringify(type)} and a ${typeof handler}; expected "threshold" and a function.`,
        );
      return notices.on((notice) => handler(thresholdEvent(notice)));
    },
    ready: async () => {
      await client.load();
      await askStore(() => store.open(), Infinity);
      await ledger.resume();
    },
    recover: async () => {
      await ledger.resume();
      return recoverHolds(runner);
    },
    lines: (query = {}) => stepLines(store, query),
    close: async ({ waitMs = 10_000 } = {}) => {
      closed = true;
      sweep.stop();
      const enough = new AbortController();
      await Promise.race([Promise.allSettled(running), pauseFor(waitMs, enough.signal)]);
      enough.abort();
      await unsaved.flush();
      unsaved.close();
      await ledger.close();
      await notices.close(waitMs);
      await options.keepCharges?.close();
      await store.close();
    },
    log,
    storeName: store.name,
  };
}

/** The same limits under the same policies are the same object, by which the ledger knows its plans. */
function limitLayers(): (app: Policy["limits"], policies: readonly ReadyPolicy[]) => LimitLayers {
  const known = new WeakMap<object, LimitLayers>();
  return (app, policies) => {
    const key = policies.length === 0 ? app : policies;
    const last = known.get(key);
    if (last?.app === app) return last;
    const layers = { app, inner: policies };
    known.set(key, layers);
    return layers;
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
    "store: found none; give one: redis(client) of @assistants-budget/store-redis, postgres(pool) of @assistants-budget/store-postgres, on a disk of your own sqlite({ path }) of @assistants-budget/store-sqlite, or memory() for what may be forgotten.",
  );
}

/* oxlint-disable no-console -- the one place where it is written to, unless the app brings a log */
const consoleLog: Log = {
  info: (message) => console.info(message),
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};
/* oxlint-enable no-console */
