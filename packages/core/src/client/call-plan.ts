/** What is held for a call: the dearest that it can become under the policy in force. */
import { DEFAULT_OUTPUT_TOKENS, type HeldPlan, priceUnknown } from "../assistants/index.ts";
import { BudgetError } from "../errors.ts";
import { type Policy, type Price, promptBound } from "../rules/index.ts";
import { requireSubjects } from "../subject.ts";
import type { ClientCall, ClientHost, Who } from "./client-host.ts";
import type { MeteredCall } from "./metered-call.ts";

/** Who a ledger line of a client's call names as its assistant. */
const CLIENT = "client";

/** Tokens a byte, on the high side: for caps that count tokens and not money. */
const GUESS = 0.5;

/** @throws BudgetError for a model without a price, or a prompt that is too long for the policy. */
export async function callPlan(
  host: ClientHost,
  who: Who,
  asked: {
    readonly metered: MeteredCall;
    readonly call: ClientCall;
    readonly signal: AbortSignal | undefined;
    /** Tokens that the provider adds from what it keeps. */
    readonly history: (price: Price) => Promise<number>;
  },
): Promise<HeldPlan> {
  const { metered, call, signal } = asked;
  const { policy, subject, subjects } = who;
  const { model, tier } = metered;
  const { name } = policy;
  checkModel(model, policy);
  const price = host.prices.find(model, await host.ledger.now());
  if (!price) throw priceUnknown(model);
  const limits = await who.limits();
  requireSubjects(subject, limits);
  checkLength(metered, policy);
  const reasoned = host.answers.reasoningOf(metered.reasoning, price.maxOutputTokens);
  const promptTokens = promptBound(metered.weight) + reasoned + (await asked.history(price));
  return {
    model,
    price,
    tier,
    promptTokens,
    output: outputOf(host, metered, { price, policy }),
    demand: {
      limits,
      subjects: { ...subjects, ...(name === undefined ? {} : { route: name }), run: call.id },
      timeZone: host.timeZone,
      waitMs: host.waitMs,
      ...(signal ? { signal } : {}),
    },
    facts: {
      user: subjects["user"] ?? "",
      // It has no thread; each call stands for itself.
      thread: call.id,
      run: call.id,
      assistant: CLIENT,
      ...(name === undefined ? {} : { route: name }),
    },
    charged: () => call.charges > 0,
    onCharge: () => void (call.charges += 1),
  };
}

function checkModel(model: string, { models }: Policy): void {
  if (!models || models.includes(model)) return;
  throw new BudgetError("invalid_input", {
    message: `model: found ${JSON.stringify(model.slice(0, 64))}; \`models\` allows ${models.join(", ")}.`,
    detail: "This model can't be used here.",
  });
}

function checkLength(
  { weight }: MeteredCall,
  { maxContextTokens = Infinity, maxPromptTokens = Infinity }: Policy,
): void {
  const estimate = Math.ceil(weight.bytes * GUESS);
  const most = Math.min(maxContextTokens, maxPromptTokens);
  if (estimate <= most) return;
  throw new BudgetError("input_too_large", {
    message: `The call would send about ${estimate} tokens; the policy allows ${most}. Send less, or raise \`maxContextTokens\` and \`maxPromptTokens\`.`,
    detail: "Your message is too long. Send a shorter one.",
  });
}

function outputOf(
  { minOutputTokens }: ClientHost,
  { cap }: MeteredCall,
  { price, policy }: { readonly price: Price; readonly policy: Policy },
): HeldPlan["output"] {
  if (cap === "none") return { min: 0, max: 0 };
  const max = Math.min(
    cap ?? DEFAULT_OUTPUT_TOKENS,
    policy.maxOutputTokens ?? Infinity,
    policy.maxCompletionTokens ?? Infinity,
    price.maxOutputTokens,
  );
  const useful = price.reasoning ? minOutputTokens.reasoning : minOutputTokens.plain;
  return { max, min: Math.min(useful, max) };
}
