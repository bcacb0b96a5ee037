/** The app's options, and what is made of them. */
import type { OpenAI } from "openai";
import type { AssistantDefinition } from "./assistants/index.ts";
import type { KeptCharges, Store } from "./ledger/index.ts";
import type { LimitText, Policy, PriceOverride, PriceTable } from "./rules/index.ts";
import type { Subject } from "./subject.ts";

/** One limit, several, or none at all: `'$1/day'`, `['$1/day', '500k tokens/month']`, `'unlimited'`. */
export type ScopeLimits = LimitText | readonly LimitText[] | "unlimited";

/** Limits by scope. Scopes of the app's own, such as `tenant`, stand beside the built-in ones. */
export interface LimitsOption {
  /** From one input to its answer. Default `'$0.25'`. */
  readonly run?: ScopeLimits;
  /** One conversation. Default `'$2'`. */
  readonly thread?: ScopeLimits;
  /** One signed-in user. Default `'$1/day'`. */
  readonly user?: ScopeLimits;
  /** All users together. Default: none. */
  readonly app?: ScopeLimits;
  /** One route, by the `name` of its policy. Default: none. */
  readonly route?: ScopeLimits;
  readonly [scope: string]: ScopeLimits | undefined;
}

/**
 * The limits of one subject, such as those of a plan: asked before each reserve. A scope that is left
 * out has its default, as `undefined` in place of all. Where it throws, the run is refused.
 */
export type LimitsFunction = (
  subject: Subject,
) => LimitsOption | undefined | Promise<LimitsOption | undefined>;

/** What a route, or one call, may say of the policy. */
export interface PolicyOptions {
  /** Each can lower what holds outside, never raise it, unless `override` says so. */
  readonly limits?: LimitsOption;
  /** Takes the place of the assistant's model; one of the app's `models`, where those are named. */
  readonly model?: string;
  readonly maxSteps?: number;
  readonly maxContextTokens?: number;
  readonly maxPromptTokens?: number;
  readonly maxCompletionTokens?: number;
  readonly maxOutputTokens?: number;
  /** Milliseconds after a run's start from which no further step begins; lower than the app's `deadline`. */
  readonly deadlineMs?: number;
  /** The name under which a `route` limit counts. */
  readonly name?: string;
  /**
   * Whether limits and caps of this policy take the place of those outside, and so may raise them.
   * Only on a single route; what an operator has set for somebody, it never raises. Default false.
   */
  readonly override?: boolean;
}

/** Milliseconds as text: `'500ms'`, `'2s'`, `'1m'`. */
export type DurationText = `${number}${"ms" | "s" | "m"}`;

/** Where messages for the developer go. */
export interface Log {
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
  readonly error: (message: string) => void;
}

export interface BudgetOptions {
  /** The same for all, or a function of the subject. */
  readonly limits?: LimitsOption | LimitsFunction;
  /** By name. Default: one called `default`, on `gpt-6-luna`. */
  readonly assistants?: Readonly<Record<string, AssistantDefinition>>;
  /** The models that may be used at all. Default: every model that has a price. */
  readonly models?: readonly string[];
  /** Prices of the app's own, dollars per million tokens, over the built-in table. */
  readonly prices?: Readonly<Record<string, PriceOverride>>;
  /** Where threads and the ledger are kept. */
  readonly store?: Store;
  /**
   * What becomes of a step while the store can't be reached. Default `'deny'`: it is refused with
   * `store_unavailable`. With `'allow'` it goes out without a hold, so the caps do not hold meanwhile;
   * what it cost is counted once the store is back, and its line says so.
   */
  readonly onStoreError?: "deny" | "allow";
  /**
   * Where charges wait that the store could not take, if they must outlive this process:
   * `chargesFile({ path })` of store-sqlite. Default: in memory; after a crash recovery charges what was held.
   */
  readonly keepCharges?: KeptCharges;
  /**
   * Parts of a limit at which `budget.on('threshold', …)` is told, such as `[0.5, 0.8, 1]`: once a
   * window over all processes. Not of runs and threads. Default: none.
   */
  readonly thresholds?: readonly number[];
  /** An OpenAI client of the app's own. Default: one made of `apiKey` and `baseURL`. */
  readonly client?: OpenAI;
  /** Default: the environment's `OPENAI_API_KEY`. */
  readonly apiKey?: string;
  /** Default: the environment's `OPENAI_BASE_URL`, else OpenAI's. */
  readonly baseURL?: string;
  /** IANA zone of calendar limits. Default `'UTC'`. */
  readonly timeZone?: string;
  /** How long a step waits for money that running calls hold. Default `'2s'`. */
  readonly wait?: DurationText;
  /** Silence after which a provider's stream is given up. Default `'120s'`. */
  readonly idleTimeout?: DurationText;
  /** How long the provider is asked what became of a lost response. Default `'10s'`. */
  readonly patience?: DurationText;
  /** How long after a run's start no further step begins. Default `'10m'`. */
  readonly deadline?: DurationText;
  /** The least output for which a call is worth its prompt. Default 256, and 2,048 for models that reason. */
  readonly minOutputTokens?: number;
  /** What a provider's 5xx before any event does to the hold. Default `'charge'`: nobody can say that it was free. */
  readonly on5xx?: "charge" | "release";
  /** Further attempts after a failed one; each is a hold of its own. Default 2. */
  readonly maxRetries?: number;
  /** Whether the provider keeps responses. Default true; with false an unknown outcome is charged in full. */
  readonly keepResponses?: boolean;
  /** True for a regional endpoint, which costs 10 % more. Default false. */
  readonly regional?: boolean;
  /**
   * Methods of the budgeted client that may pass the budget by, uncounted: `['images.generate']`,
   * `['beta']` for all below it. Default: none.
   */
  readonly waive?: readonly string[];
  /** Default: the console's. */
  readonly log?: Log;
}

/** The options with every default in its place. */
export interface Config {
  /** Its limits are those of everybody; empty where a function gives them. */
  readonly policy: Policy;
  /** The limits of one subject now. @throws BudgetError `invalid_options` */
  readonly limitsFor: (subject: Subject) => Policy["limits"] | Promise<Policy["limits"]>;
  readonly assistants: ReadonlyMap<string, AssistantDefinition>;
  readonly prices: PriceTable;
  readonly timeZone: string;
  readonly waitMs: number;
  readonly idleMs: number;
  readonly patienceMs: number;
  readonly minOutputTokens: { readonly plain: number; readonly reasoning: number };
  readonly on5xx: "charge" | "release";
  readonly maxRetries: number;
  readonly stored: boolean;
  readonly regional: boolean;
  readonly onStoreError: "deny" | "allow";
  readonly waive: readonly string[];
  /** Thousandths, ascending. */
  readonly thresholds: readonly number[];
}
