/** How a run that has done something comes to its end before its time. */
import { type BudgetError, toProblem } from "../errors.ts";
import type { Item, OpenCall, Stop } from "../ledger/index.ts";
import type { Answered } from "./backend.ts";
import { textField } from "./fields.ts";
import { outputItem, toolCallsIn } from "./tool-calls.ts";

/** Why there is no step after this answer, where its calls would ask for one. */
export function stopAfter(
  answer: Answered,
  run: { readonly calls: readonly OpenCall[]; readonly steps: number; readonly maxSteps: number },
): Stop | undefined {
  if (answer.status === "incomplete")
    return { reason: answer.reason === "content_filter" ? "content_filter" : "max_output_tokens" };
  const more = run.calls.length > 0;
  return more && run.steps >= run.maxSteps ? { reason: "max_steps" } : undefined;
}

/** A shared limit is spent; or nobody can say what the limits are. */
const BUDGET_CODES: ReadonlySet<string> = new Set(["app_budget_exhausted", "invalid_options"]);

/** A refusal or failure of the next step, as the reason to stop. */
export function stopOf(error: BudgetError): Stop {
  return { reason: isOfBudget(error) ? "budget" : "provider", problem: toProblem(error) };
}

/** Whether money refused, and not the provider. */
export function isOfBudget({ status, code }: BudgetError): boolean {
  return status === 402 || BUDGET_CODES.has(code);
}

/**
 * An answer's items with every call closed: the provider refuses a thread with open calls, and a
 * call that was cut off inside its arguments is none.
 */
export function closed(items: readonly Item[], { reason }: Stop): readonly Item[] {
  const whole = items.filter(
    (item) => item.type !== "function_call" || isJson(textField(item, "arguments")),
  );
  const outputs = toolCallsIn(whole).map(({ callId }) =>
    outputItem(callId, JSON.stringify({ error: `Not run: ${reason}.` })),
  );
  return [...whole, ...outputs];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
