/** The app's options: one object, checked whole at construction, every default in one place. */
import type { OpenAI } from "openai";
import { z } from "zod";
import { type AssistantDefinition, priceUnknown } from "./assistants/index.ts";
import { checked, firstIssue, invalidOptions } from "./invalid-options.ts";
import type { Store } from "./ledger/index.ts";
import {
  type LimitText,
  type Policy,
  type PriceOverride,
  type PriceTable,
  checkTimeZone,
  parseLimit,
  priceTable,
} from "./rules/index.ts";

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

/** What a route, or one call, may say of the policy. */
export interface PolicyOptions {
  /** Each can lower what holds outside, never raise it. */
  readonly limits?: LimitsOption;
  /** Takes the place of the assistant's model; one of the app's `models`, where those are named. */
  readonly model?: string;
  readonly maxSteps?: number;
  readonly maxContextTokens?: number;
  readonly maxPromptTokens?: number;
  readonly maxCompletionTokens?: number;
  readonly maxOutputTokens?: number;
  /** Milliseconds from a run's start to its end. */
  readonly deadlineMs?: number;
  /** The name under which a `route` limit counts. */
  readonly name?: string;
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
  readonly limits?: LimitsOption;
  /** By name. Default: one called `default`, on `gpt-6-luna`. */
  readonly assistants?: Readonly<Record<string, AssistantDefinition>>;
  /** The models that may be used at all. Default: every model that has a price. */
  readonly models?: readonly string[];
  /** Prices of the app's own, dollars per million tokens, over the built-in table. */
  readonly prices?: Readonly<Record<string, PriceOverride>>;
  /** Where threads and the ledger are kept. */
  readonly store?: Store;
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
  /** Default: the console's. */
  readonly log?: Log;
}

/** The options with every default in its place. */
export interface Config {
  readonly policy: Policy;
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
}

const DEFAULT_LIMITS = { run: "$0.25", thread: "$2", user: "$1/day" } as const;
const DEFAULT_ASSISTANT: AssistantDefinition = { model: "gpt-6-luna" };
const SCOPE = /^[a-z][a-z0-9_]{0,31}$/;

const cap = z.int().positive().optional();
const limitsShape = z.record(
  z.string().regex(SCOPE, "a scope is lower-case letters, digits and _"),
  z.union([z.string(), z.array(z.string())]).optional(),
);
const policyShape = z.strictObject({
  limits: limitsShape.optional(),
  model: z.string().min(1).optional(),
  maxSteps: cap,
  maxContextTokens: cap,
  maxPromptTokens: cap,
  maxCompletionTokens: z.int().min(16).optional(),
  maxOutputTokens: z.int().min(16).optional(),
  deadlineMs: cap,
  name: z.string().min(1).max(256).optional(),
});
const assistantShape = z.strictObject({
  model: z.string().min(1),
  instructions: z.string().optional(),
  tools: z.array(z.custom<object>(isTool, "a tool made by tool({ … })")).optional(),
  maxSteps: cap,
  maxContextTokens: cap,
  maxPromptTokens: cap,
  maxCompletionTokens: z.int().min(16).optional(),
  maxOutputTokens: z.int().min(16).optional(),
  truncation: z
    .union([z.literal("auto"), z.strictObject({ lastMessages: z.int().positive() })])
    .optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  reasoning: z
    .strictObject({
      effort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh", "max"]),
    })
    .optional(),
  serviceTier: z.enum(["default", "flex", "priority"]).optional(),
  parallelToolCalls: z.boolean().optional(),
});
const duration = z.string().regex(/^\d+(\.\d+)?(ms|s|m)$/, "a duration such as '2s' or '500ms'");
const optionsShape = z.strictObject({
  limits: limitsShape.optional(),
  assistants: z.record(z.string().min(1).max(64), assistantShape).optional(),
  models: z.array(z.string().min(1)).min(1).optional(),
  prices: z.record(z.string(), z.unknown()).optional(),
  store: z.custom<object>(isStore, "a store, such as sqlite({ path }) or memory()").optional(),
  client: z.custom<object>(isClient, "an instance of OpenAI").optional(),
  apiKey: z.string().min(1).optional(),
  baseURL: z.url().optional(),
  timeZone: z.string().optional(),
  wait: duration.optional(),
  idleTimeout: duration.optional(),
  patience: duration.optional(),
  minOutputTokens: z.int().min(16).optional(),
  on5xx: z.enum(["charge", "release"]).optional(),
  maxRetries: z.int().min(0).max(10).optional(),
  keepResponses: z.boolean().optional(),
  regional: z.boolean().optional(),
  log: z.custom<object>((value) => typeof value === "object" && value !== null).optional(),
});

/** @throws BudgetError `invalid_options`, with the path, the value found and what is allowed. */
export function readOptions(options: BudgetOptions): Config {
  const parsed = optionsShape.safeParse(options);
  if (!parsed.success) throw firstIssue(parsed.error, options);
  return checked(() => {
    const prices = priceTable(options.prices);
    const assistants = new Map(
      Object.entries(options.assistants ?? { default: DEFAULT_ASSISTANT }),
    );
    if (assistants.size === 0)
      throw invalidOptions("assistants: found none; name at least one, or leave the option out.");
    checkModels({ models: options.models, assistants, prices });
    const min = options.minOutputTokens;
    return {
      policy: {
        limits: readLimits(withDefaults(options.limits ?? {}), "limits"),
        ...(options.models ? { models: options.models } : {}),
      },
      assistants,
      prices,
      timeZone: checkTimeZone(options.timeZone ?? "UTC", "timeZone"),
      waitMs: milliseconds(options.wait ?? "2s"),
      idleMs: milliseconds(options.idleTimeout ?? "120s"),
      patienceMs: milliseconds(options.patience ?? "10s"),
      minOutputTokens: { plain: min ?? 256, reasoning: min ?? 2_048 },
      on5xx: options.on5xx ?? "charge",
      maxRetries: options.maxRetries ?? 2,
      stored: options.keepResponses ?? true,
      regional: options.regional ?? false,
    };
  });
}

/** @throws BudgetError `invalid_options`. */
export function readPolicy(options: PolicyOptions, config: Config): Policy {
  const parsed = policyShape.safeParse(options);
  if (!parsed.success) throw firstIssue(parsed.error, options);
  const { limits, ...rest } = options;
  const { model } = options;
  const { models } = config.policy;
  if (model !== undefined && models && !models.includes(model))
    throw invalidOptions(
      `model: found ${JSON.stringify(model)}; \`models\` allows ${models.join(", ")}.`,
    );
  if (model !== undefined && !config.prices.find(model)) throw priceUnknown(model);
  const read = checked(() => readLimits(limits ?? {}, "limits"));
  if (read["route"] && options.name === undefined)
    throw invalidOptions("limits.route: a route limit counts by the policy's `name`; give it one.");
  return { ...rest, limits: read };
}

/** A scope that is not named, or is `undefined`, has its default: only `'unlimited'` lifts a limit. */
function withDefaults(limits: LimitsOption): LimitsOption {
  const named = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(named) };
}

function readLimits(limits: LimitsOption, path: string): Policy["limits"] {
  const entries = Object.entries(limits).map(([scope, value]) => {
    const texts = value === undefined || value === "unlimited" ? [] : [value].flat();
    const at = (i: number) =>
      Array.isArray(value) ? `${path}.${scope}[${i}]` : `${path}.${scope}`;
    return [scope, texts.map((text, i) => parseLimit(text, at(i)))] as const;
  });
  return Object.fromEntries(entries);
}

function checkModels({
  models,
  assistants,
  prices,
}: Pick<Config, "assistants" | "prices"> & {
  readonly models: readonly string[] | undefined;
}): void {
  for (const [name, { model }] of assistants) {
    if (!prices.find(model)) throw priceUnknown(model);
    if (models && !models.includes(model)) {
      throw invalidOptions(
        `assistants.${name}.model: found ${JSON.stringify(model)}; \`models\` allows ${models.join(", ")}.`,
      );
    }
  }
}

const UNITS = { ms: 1, s: 1_000, m: 60_000 } as const;

function milliseconds(text: DurationText): number {
  const [, amount, unit] = /^([\d.]+)(ms|s|m)$/.exec(text) ?? [];
  return Number(amount) * (unit === "s" || unit === "m" ? UNITS[unit] : UNITS.ms);
}

function isTool(value: unknown): boolean {
  return typeof value === "object" && value !== null && "invoke" in value && "schema" in value;
}

function isStore(value: unknown): boolean {
  return typeof value === "object" && value !== null && "reserve" in value && "settle" in value;
}

function isClient(value: unknown): boolean {
  return typeof value === "object" && value !== null && "responses" in value;
}
