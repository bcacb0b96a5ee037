/** The caps of a run that count tokens, steps and time; money is the ledger's. */
import { BudgetError } from "../errors.ts";
import type { StepRecord, Stop } from "../ledger/index.ts";
import { addUsage, NO_USAGE, type Usage } from "../rules/index.ts";
import type { Plan } from "./plan.ts";
import type { PromptSize } from "./prompt.ts";

/** The least that the provider takes as `max_output_tokens`. */
const PROVIDERS_MINIMUM = 16;

interface Capped {
  readonly plan: Plan;
  readonly steps: readonly StepRecord[];
  readonly deadline: number;
  readonly host: {
    readonly monotonic: () => number;
    readonly minOutputTokens: { readonly plain: number; readonly reasoning: number };
  };
  readonly signal: AbortSignal;
}

/** How many output tokens the next step may ask for: the most that is left, the least that is useful. */
export function outputRange({ plan, steps, host }: Pick<Capped, "plan" | "steps" | "host">): {
  readonly min: number;
  readonly max: number;
} {
  const { reasoning, plain } = host.minOutputTokens;
  const left = plan.maxCompletionTokens - usedBy(steps).completionTokens;
  const max = Math.max(PROVIDERS_MINIMUM, Math.min(plan.maxOutputTokens, left));
  return { max, min: Math.min(plan.price.reasoning ? reasoning : plain, max) };
}

/**
 * Why the next step may not be taken, if so.
 *
 * @throws BudgetError `input_too_large` where not even the first step fits.
 */
export function stopBefore(
  capped: Capped,
  { estimate }: PromptSize,
  hasAnswer: boolean,
): Stop | undefined {
  const { plan, steps, deadline, host, signal } = capped;
  const used = usedBy(steps);
  // Before the first step there is nothing to give back: the step itself throws the signal's reason.
  if (signal.aborted && hasAnswer) return { reason: "aborted" };
  if (host.monotonic() >= deadline) {
    if (hasAnswer) return { reason: "deadline" };
    throw new BudgetError("provider_timeout", {
      message: "The run's deadline came before its first step. Give it more time: `deadline`.",
    });
  }
  if (used.promptTokens + estimate > plan.maxPromptTokens) {
    if (hasAnswer) return { reason: "max_prompt_tokens" };
    throw new BudgetError("input_too_large", {
      message: `The first step would send about ${estimate} tokens; \`maxPromptTokens\` allows ${plan.maxPromptTokens} for the whole run. Send less, or raise it.`,
      detail: "Your message is too long. Send a shorter one.",
    });
  }
  if (hasAnswer && estimate > plan.maxContextTokens) return { reason: "max_context_tokens" };
  if (plan.maxCompletionTokens - used.completionTokens < PROVIDERS_MINIMUM)
    return { reason: "max_completion_tokens" };
  return undefined;
}

function usedBy(steps: readonly StepRecord[]): Usage {
  return steps.reduce((sum, { usage }) => addUsage(sum, usage), NO_USAGE);
}
