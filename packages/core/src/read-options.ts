/** Options are checked whole at construction; their defaults stand here. */
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { type AssistantDefinition, priceUnknown } from "./assistants/index.ts";
import { isCounted } from "./client/method-names.ts";
import { checked, firstIssue, invalidOptions } from "./invalid-options.ts";
import { routeKey } from "./ledger/index.ts";
import type {
  BudgetOptions,
  Config,
  LimitsFunction,
  LimitsOption,
  PolicyOptions,
} from "./options.ts";
import { type Policy, checkTimeZone, parseLimit, priceTable } from "./rules/index.ts";
import { SCOPE, type Subject } from "./subject.ts";

const DEFAULT_LIMITS = { run: "$0.25", thread: "$2", user: "$1/day" } as const;
const DEFAULT_ASSISTANT: AssistantDefinition = { model: "gpt-6-luna" };

const cap = z.int().positive().optional();
const limitsShape = z.record(
  z.string().regex(SCOPE, "a scope is lower-case letters, digits and _"),
  z
    .union([
      z.string(),
      z.array(z.string()).min(1, "at least one limit, or 'unlimited', which alone lifts them"),
    ])
    .optional(),
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
  override: z.boolean().optional(),
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
/** Beyond this a timer of Node's fires at once. */
const LONGEST_MS = 2_147_483_647;
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m)$/, "a duration such as '2s' or '500ms'")
  .refine((text) => milliseconds(text) <= LONGEST_MS, "at most '35000m'");
const stretch = duration.refine((text) => milliseconds(text) >= 1, "at least '1ms'");
const callShape = z.strictObject({
  assistant: z.string().optional(),
  thread: z.unknown().optional(),
  input: z.unknown().optional(),
  instructions: z.string().optional(),
  additionalInstructions: z.string().optional(),
  temperature: z.number().min(0).max(2).optional(),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((pairs) => Object.keys(pairs).length <= 16, "at most 16 pairs")
    .optional(),
  limits: limitsShape.optional(),
  signal: z.instanceof(AbortSignal).optional(),
});
const optionsShape = z.strictObject({
  limits: z
    .union([
      limitsShape,
      z.custom<object>((value) => typeof value === "function", "limits by scope, or a function"),
    ])
    .optional(),
  assistants: z.record(z.string().min(1).max(64), assistantShape).optional(),
  models: z.array(z.string().min(1)).min(1).optional(),
  prices: z.record(z.string(), z.unknown()).optional(),
  store: z.custom<object>(isStore, "a store, such as sqlite({ path }) or memory()").optional(),
  onStoreError: z.enum(["deny", "allow"]).optional(),
  keepCharges: z
    .custom<object>(isKeptCharges, "where charges wait, such as chargesFile({ path })")
    .optional(),
  thresholds: z
    .array(
      z.number().refine((part) => part >= 0.001 && part <= 1, "parts of a limit, from 0.001 to 1"),
      "parts of a limit, such as [0.5, 0.8, 1]",
    )
    .max(16)
    .optional(),
  client: z.custom<object>(isClient, "an instance of OpenAI").optional(),
  apiKey: z.string().min(1).optional(),
  baseURL: z
    .url()
    .refine((url) => !/^\w+:\/\/[^/]*@/.test(url), "no user and password: give a `client` instead")
    .optional(),
  timeZone: z.string().optional(),
  wait: duration.optional(),
  idleTimeout: stretch.optional(),
  deadline: stretch.optional(),
  patience: duration.optional(),
  minOutputTokens: z.int().min(16).optional(),
  on5xx: z.enum(["charge", "release"]).optional(),
  maxRetries: z.int().min(0).max(10).optional(),
  keepResponses: z.boolean().optional(),
  regional: z.boolean().optional(),
  waive: z
    .array(
      z
        .string()
        .regex(/^[a-z]\w*(\.[a-z]\w*)*$/i, "names of the SDK's methods, such as 'images.generate'")
        .refine((name) => !isCounted(name), "only methods that the budget does not count anyway"),
    )
    .optional(),
  log: z.custom<object>(isLog, "an object with info, warn and error, such as console").optional(),
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
    checkAssistants({ models: options.models, assistants, prices });
    const min = options.minOutputTokens;
    const { limits: given = {} } = options;
    const limits = typeof given === "function" ? {} : readLimits(withDefaults(given), "limits");
    return {
      limitsFor: typeof given === "function" ? limitsBy(given) : () => limits,
      policy: {
        limits,
        deadlineMs: milliseconds(options.deadline ?? "10m"),
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
      onStoreError: options.onStoreError ?? "deny",
      waive: options.waive ?? [],
      thresholds: thousandths(options.thresholds ?? []),
    };
  });
}

/** @throws BudgetError `invalid_options`: a call's options are the developer's, all but its input and thread. */
export function checkCall(options: unknown): void {
  const parsed = callShape.safeParse(options);
  // What a call is given may come from a client: it is named, never shown.
  if (!parsed.success) throw firstIssue(parsed.error, options, false);
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
  for (const [scope, value] of Object.entries(limits ?? {})) {
    if (value === "unlimited")
      throw invalidOptions(
        `limits.${scope}: found "unlimited"; a policy can lower what holds outside, never lift it.`,
      );
  }
  const read = checked(() => readLimits(limits ?? {}, "limits"));
  const { route, ...others } = read;
  if (route === undefined) return { ...rest, limits: read };
  if (options.name === undefined)
    throw invalidOptions("limits.route: a route limit counts by the policy's `name`; give it one.");
  return { ...rest, limits: { ...others, [routeKey(options.name)]: route } };
}

/** Plans are few: the same limits are read once, and are then the same object. */
function limitsBy(limits: LimitsFunction): Config["limitsFor"] {
  const known = new LRUCache<string, Policy["limits"]>({ max: 1_000 });
  return async (subject) => {
    const given = (await asked(limits, subject)) ?? NO_LIMITS;
    const parsed = limitsShape.safeParse(given);
    if (!parsed.success) throw firstIssue(parsed.error, given);
    const text = JSON.stringify(given);
    const read =
      known.get(text) ?? checked(() => readLimits(withDefaults(given), "limits(subject)"));
    known.set(text, read);
    return read;
  };
}

const NO_LIMITS: LimitsOption = {};

async function asked(limits: LimitsFunction, subject: Subject) {
  try {
    return await limits(subject);
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : typeof cause;
    const message = `limits(subject): it threw (${name}), so that nobody knows what may be spent. Let it give back limits, or undefined for the defaults.`;
    throw invalidOptions(message, cause);
  }
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

function checkAssistants({
  models,
  assistants,
  prices,
}: Pick<Config, "assistants" | "prices"> & {
  readonly models: readonly string[] | undefined;
}): void {
  for (const [name, { model, tools = [] }] of assistants) {
    const twice = tools.find((one, at) => tools.findIndex((other) => other.name === one.name) < at);
    if (twice) {
      throw invalidOptions(
        `assistants.${name}.tools: found two tools named ${JSON.stringify(twice.name)}; the model tells tools apart by their names.`,
      );
    }
    if (!prices.find(model)) throw priceUnknown(model);
    if (models && !models.includes(model)) {
      throw invalidOptions(
        `assistants.${name}.model: found ${JSON.stringify(model)}; \`models\` allows ${models.join(", ")}.`,
      );
    }
  }
}

const UNITS = { ms: 1, s: 1_000, m: 60_000 } as const;

function milliseconds(text: string): number {
  const [, amount, unit] = /^([\d.]+)(ms|s|m)$/.exec(text) ?? [];
  return Number(amount) * (unit === "s" || unit === "m" ? UNITS[unit] : UNITS.ms);
}

function isTool(value: unknown): boolean {
  return typeof value === "object" && value !== null && "invoke" in value && "schema" in value;
}

function isStore(value: unknown): boolean {
  return typeof value === "object" && value !== null && "reserve" in value && "settle" in value;
}

/** To three decimals, which is what a threshold means; each once. */
function thousandths(thresholds: readonly number[]): readonly number[] {
  return [...new Set(thresholds.map((one) => Math.round(one * 1000)))].toSorted((a, b) => a - b);
}

function isKeptCharges(value: unknown): boolean {
  return typeof value === "object" && value !== null && "put" in value && "all" in value;
}

function isLog(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ["info", "warn", "error"].every((name) => typeof Reflect.get(value, name) === "function");
}

function isClient(value: unknown): boolean {
  return typeof value === "object" && value !== null && "responses" in value;
}
