/** What a run goes by: the assistant's definition under the policy in force. */
import { LRUCache } from "lru-cache";
import { BudgetError } from "../errors.ts";
import type { Item } from "../ledger/index.ts";
import { type Policy, type Price, type PriceTable, type Tier, tierOf } from "../rules/index.ts";
import type { AssistantDefinition, Truncation } from "./assistant.ts";
import type { StepBody } from "./backend.ts";
import type { ClientTool, Tool } from "./tool.ts";
import type { Frame } from "./turn.ts";

/** Where nobody says how long an answer may be. */
export const DEFAULT_OUTPUT_TOKENS = 8_192;
const DEFAULT_STEPS = 16;

export interface Plan {
  readonly price: Price;
  readonly tier: Tier;
  readonly frame: Frame;
  readonly tools: readonly (Tool | ClientTool)[];
  readonly truncation: Truncation;
  readonly maxContextTokens: number;
  readonly maxPromptTokens: number;
  readonly maxCompletionTokens: number;
  readonly maxOutputTokens: number;
  readonly maxSteps: number;
  readonly deadlineMs: number;
  /** @param isLast The tools are shown, so that what was counted stands, and must not be called. */
  body(input: readonly Item[], isLast?: boolean): StepBody;
}

/** What a call may say for itself. */
export interface CallOptions {
  readonly instructions?: string;
  readonly additionalInstructions?: string;
  readonly temperature?: number;
}

export async function planOf(request: {
  readonly run: string;
  readonly assistant: AssistantDefinition;
  readonly policy: Policy;
  readonly call: CallOptions;
  readonly prices: PriceTable;
  readonly now: number;
  readonly stored: boolean;
}): Promise<Plan> {
  const { run, assistant, policy, call, prices, now, stored } = request;
  const model = policy.model ?? assistant.model;
  const price = prices.find(model, now);
  if (!price) throw priceUnknown(model);
  const { tools = [], topP, reasoning, parallelToolCalls } = assistant;
  const temperature = call.temperature ?? assistant.temperature;
  const instructions = [call.instructions ?? assistant.instructions, call.additionalInstructions]
    .filter((text) => text !== undefined && text !== "")
    .join("\n\n");
  const shown = {
    ...(instructions === "" ? {} : { instructions }),
    ...(tools.length === 0 ? {} : { tools: tools.map(toolBody) }),
  };
  const fingerprint = await hash(JSON.stringify({ model, ...shown }));
  const tier = tierOf(assistant.serviceTier) ?? "default";
  const cap = (name: "maxContextTokens" | "maxPromptTokens" | "maxCompletionTokens") =>
    Math.min(assistant[name] ?? Infinity, policy[name] ?? Infinity);
  const maxOutputTokens = Math.min(
    assistant.maxOutputTokens ?? DEFAULT_OUTPUT_TOKENS,
    policy.maxOutputTokens ?? Infinity,
    price.maxOutputTokens,
  );
  return {
    price,
    tier,
    frame: { ...shown, fingerprint },
    tools,
    truncation: assistant.truncation ?? "auto",
    maxContextTokens: Math.min(cap("maxContextTokens"), price.contextWindow - maxOutputTokens),
    maxPromptTokens: cap("maxPromptTokens"),
    maxCompletionTokens: cap("maxCompletionTokens"),
    maxOutputTokens,
    maxSteps: Math.min(assistant.maxSteps ?? DEFAULT_STEPS, policy.maxSteps ?? Infinity),
    deadlineMs: policy.deadlineMs ?? Infinity,
    body: (input, isLast = false) => ({
      model,
      ...shown,
      input,
      ...(isLast && tools.length > 0 ? { tool_choice: "none" as const } : {}),
      ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { top_p: topP }),
      ...(reasoning === undefined ? {} : { reasoning }),
      // Within a run the model sees its own reasoning again; it is not kept longer.
      ...(price.reasoning ? { include: ["reasoning.encrypted_content"] } : {}),
      service_tier: tier,
      store: stored,
      metadata: { assistants_budget_run: run },
    }),
  };
}

function toolBody(tool: Tool | ClientTool): Readonly<Record<string, unknown>> {
  const { name, description, schema: parameters, strict } = tool;
  return { type: "function", name, description, parameters, strict };
}

/** A model without a price is refused, never guessed. */
export function priceUnknown(model: string): BudgetError {
  return new BudgetError("model_price_unknown", {
    message: `The model ${JSON.stringify(model)} has no price, so what it may cost can't be held. Correct its name, or give its price: prices: { ${JSON.stringify(model)}: { input: '…', output: '…' } } in dollars per million tokens.`,
  });
}

/** Runs of one assistant show the model the same: a digest each would be a turn of the thread pool each. */
const hashes = new LRUCache<string, Promise<string>>({ max: 64 });

function hash(text: string): Promise<string> {
  const known = hashes.get(text) ?? digested(text);
  hashes.set(text, known);
  return known;
}

async function digested(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
