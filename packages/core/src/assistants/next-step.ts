/** The next step of a run: with tools while the answer after it is sure to fit, else the last one, without. */
import { type BudgetError, isBudgetError } from "../errors.ts";
import type { Item, Stop } from "../ledger/index.ts";
import type { Answered } from "./backend.ts";
import type { PromptSize } from "./prompt.ts";
import { isOfBudget, stopOf } from "./run-end.ts";
import type { Session } from "./session.ts";
import { stepOfRun } from "./step-of-run.ts";
import type { StepView } from "./turn.ts";

/** A step that has been taken. */
interface TakenStep {
  readonly answer: Answered;
  /** Of what was sent, where it is what the next step sends as well. */
  readonly size?: PromptSize;
  /** Why it went out without tools, if so: then it is the last one. */
  readonly last?: Stop;
}

/** What a model is told that would go on calling tools. */
const NO_MORE = note(
  "No tool can be called any more. Answer now with what you have, and say what is missing.",
);

/** What a model is told that had to end in an answer, and may go on. */
const GO_ON = note("There is room again, and tools can be called. Go on where you had to stop.");

/** Sent and not kept. */
function note(text: string): Item {
  return { type: "message", role: "developer", content: [{ type: "input_text", text }] };
}

/** @throws BudgetError the refusal of the smallest step that would end in an answer, or the provider's failure. */
export async function nextStep(session: Session, size: PromptSize): Promise<TakenStep> {
  const { state, plan, turn } = session;
  const last = whyLast(session);
  if (last) return lastStep(session, last);
  try {
    if (!state.hasAnswered)
      return { answer: await stepOfRun(session, { size, view: {}, isLast: false }), size };
    const view = { note: GO_ON };
    const shape = { size: turn.size(view), view, isLast: false };
    const answer = await stepOfRun(session, shape);
    state.hasAnswered = false;
    return { answer };
  } catch (error) {
    // A run that has ended in an answer does not end in another one for as little.
    if (plan.tools.length === 0 || state.hasAnswered || !isRefusal(error)) throw error;
    return lastStep(session, stopOf(error));
  }
}

/** Milliseconds that the longest step of this part of the run took. */
export function longestStep({
  steps,
  stepsBefore,
}: Pick<Session, "steps" | "stepsBefore">): number {
  const own = steps.slice(stepsBefore);
  return own.reduce((most, { startedAt, endedAt }) => Math.max(most, endedAt - startedAt), 0);
}

/** The step cap leaves room for one, or the deadline for no more than one. */
function whyLast(session: Session): Stop | undefined {
  const { plan, steps, stepsBefore, deadline, host, state } = session;
  if (plan.tools.length === 0) return undefined;
  if (steps.length - stepsBefore + 1 >= plan.maxSteps) return { reason: "max_steps" };
  const isLate = deadline - host.monotonic() < 2 * longestStep(session);
  return isLate || state.isLate ? { reason: "deadline" } : undefined;
}

/**
 * The last step. What the step before it left set aside carries at least its own prompt once more, so
 * where the whole does not fit, the outputs of its tools are cut, and at worst left out with the calls.
 */
async function lastStep(session: Session, stop: Stop): Promise<TakenStep> {
  const { turn } = session;
  const views: readonly StepView[] = turn.hasRound
    ? [{ note: NO_MORE }, { note: NO_MORE, round: "cut" }, { note: NO_MORE, round: "left out" }]
    : [{}];
  let refused: BudgetError | undefined;
  for (const view of views) {
    try {
      const shape = { size: turn.size(view), view, isLast: true };
      return { answer: await stepOfRun(session, shape), last: stop };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refused = error;
    }
  }
  throw refused ?? new RangeError("a last step has at least one view");
}

function isRefusal(error: unknown): error is BudgetError {
  return isBudgetError(error) && isOfBudget(error) && error.code !== "invalid_options";
}
