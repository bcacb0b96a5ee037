/** One step of a run: what is left of its caps, and whom it is charged to. */
import { addNano } from "../rules/index.ts";
import type { Answered } from "./backend.ts";
import type { PromptSize } from "./prompt.ts";
import { outputRange } from "./run-caps.ts";
import { costFrom, stepOf } from "./run.ts";
import { type Session, remember } from "./session.ts";
import { takeStep } from "./step.ts";
import type { StepView } from "./turn.ts";

/** Room for the outputs of the tools that a step may call, and for a note, in the answer after it: tokens. */
const ROOM_FOR_OUTPUTS = 1_000;

/** How a step goes out. */
export interface StepShape {
  readonly size: PromptSize;
  readonly view: StepView;
  /** Without tools: the answer ends the run. */
  readonly isLast: boolean;
}

/** Takes a step. One that may call tools is held together with the answer that ends the run after it. */
export async function stepOfRun(
  session: Session,
  { size, view, isLast }: StepShape,
): Promise<Answered> {
  const { host, request, plan, turn, steps, subjects, run, deadline, signal, state } = session;
  const { policy, name, user } = request;
  const output = outputRange(session);
  const callsTools = !isLast && plan.tools.length > 0;
  return takeStep(host, {
    body: plan.body(turn.input(view), isLast),
    price: plan.price,
    tier: plan.tier,
    promptTokens: size.bound,
    output,
    ...(callsTools
      ? { spare: { promptTokens: size.bound + ROOM_FOR_OUTPUTS, outputTokens: output.min } }
      : {}),
    demand: {
      limits: await request.limits(),
      subjects,
      timeZone: host.timeZone,
      waitMs: host.waitMs,
      signal,
    },
    facts: {
      user,
      thread: run.thread,
      run: run.id,
      assistant: name,
      ...(policy.name === undefined ? {} : { route: policy.name }),
    },
    charged: () => steps.length > 0,
    deadline,
    onCreated: () => remember(session),
    onText: (delta) => session.tell({ type: "text", delta }),
    onCharge: (record) => {
      steps.push(record);
      if (!state.isNew) state.hasDone = true;
      const cost = costFrom(steps.reduce((sum, { nano }) => addNano(sum, nano), 0));
      session.tell({ type: "step", step: stepOf(record), cost });
    },
  });
}
