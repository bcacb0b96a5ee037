/** The calls of an answer, each brought to its output; what has come of them outlives the process. */
import type { OpenAnswer, OpenCall, Stop } from "../ledger/index.ts";
import { longestStep } from "./next-step.ts";
import { type Session, keep } from "./session.ts";
import { outputItem, runTool, toolCallsIn } from "./tool-calls.ts";

/** What the model is told of a call that a crash cut off. */
const INTERRUPTED = JSON.stringify({
  error:
    "This call was cut off: it may or may not have happened. Do not repeat it; find out first, or ask.",
});

/** What the model is told where nobody could write down that the call begins. */
const NOT_BEGUN = JSON.stringify({
  error: "Not run: it could not be written down that it begins. Try again later.",
});

/** Brings an answer's calls to their outputs; says what for, where some are the client's to bring. */
export async function answerCalls(session: Session, open: OpenAnswer): Promise<Stop | undefined> {
  const { plan, state, tell } = session;
  state.open = open;
  const calls = toolCallsIn(open.items);
  const toolOf = ({ name }: OpenCall) => plan.tools.find((tool) => tool.name === name);
  for (const call of calls) if (!isAnswered(state.open, call)) noteInterruption(session, call);
  const due = calls.filter((call) => !isAnswered(state.open, call));
  const isClients = (call: OpenCall): boolean => {
    const tool = toolOf(call);
    return tool !== undefined && !tool.invoke;
  };
  const own = due.filter((call) => !isClients(call));
  const clients = due.filter(isClients);
  for (const call of due) tell({ type: "tool_call", ...call });
  if (own.length > 0) await runCalls(session, own, clients.length === 0);
  return clients.length > 0 ? { reason: "requires_action", calls: clients } : undefined;
}

/** Calls and outputs go into the thread together, so that it never has an open call. */
export async function closeRound(session: Session): Promise<void> {
  const { turn, steps, state } = session;
  if (!state.open) return;
  const { items, outputs } = state.open;
  turn.answered(items, steps.at(-1)?.usage.reasoningTokens ?? 0);
  const calls = toolCallsIn(items);
  turn.add(calls.map(({ callId }) => outputItem(callId, outputs[callId] ?? "")));
  state.open = undefined;
  await keep(session);
}

/** Runs the app's own tools at once; each output is kept as soon as it is there. */
async function runCalls(
  session: Session,
  calls: readonly OpenCall[],
  isSavedAfter: boolean,
): Promise<void> {
  const { plan, state, tell } = session;
  const risky = calls.filter(({ name }) =>
    plan.tools.some((tool) => tool.name === name && tool.invoke && tool.sideEffects),
  );
  const begun = risky.map(({ callId }) => callId);
  if (state.open) state.open = { ...state.open, started: [...state.open.started, ...begun] };
  await keep(session);
  const timeUp = timeForTools(session);
  const { request, run, signal } = session;
  const context = {
    user: request.user,
    thread: run.thread,
    run: run.id,
    signal: AbortSignal.any([signal, timeUp]),
  };
  const saves = oneAfterTheOther(async () => void (await keep(session)));
  const mayBegin = state.isKept;
  let left = calls.length;
  await Promise.all(
    calls.map(async (call) => {
      const { output, failed } =
        mayBegin || !risky.includes(call)
          ? await runTool(call, plan.tools, context)
          : { output: NOT_BEGUN, failed: true };
      tell({ type: "tool_output", callId: call.callId, name: call.name, failed });
      putOutput(session, call, output);
      left -= 1;
      if (left > 0 || !isSavedAfter) saves.due();
    }),
  );
  state.isLate = timeUp.aborted;
  await saves.done();
}

/** Aborts while there is still time for the answer after the tools. */
function timeForTools({ host, deadline, ...session }: Session): AbortSignal {
  if (!Number.isFinite(deadline)) return new AbortController().signal;
  const timeLeft = deadline - host.monotonic();
  const forTools = Math.max(timeLeft / 2, timeLeft - 2.5 * longestStep(session), 1);
  return AbortSignal.timeout(Math.ceil(forTools));
}

function isAnswered(open: OpenAnswer | undefined, { callId }: OpenCall): boolean {
  return open !== undefined && Object.hasOwn(open.outputs, callId);
}

function putOutput({ state }: Session, { callId }: OpenCall, output: string): void {
  const { open } = state;
  if (open) state.open = { ...open, outputs: { ...open.outputs, [callId]: output } };
}

/** Begun before a crash, and not to be begun again. */
function noteInterruption(session: Session, call: OpenCall): void {
  if (!session.state.open?.started.includes(call.callId)) return;
  session.interrupted.push(call);
  session.tell({ type: "interrupted", callId: call.callId, name: call.name });
  putOutput(session, call, INTERRUPTED);
}

/** Saves that wait for one another; those that come due meanwhile are one. */
function oneAfterTheOther(save: () => Promise<void>) {
  let isDue = false;
  let running: Promise<void> | undefined;
  let failed: { readonly error: unknown } | undefined;

  async function work(): Promise<void> {
    try {
      while (isDue) {
        isDue = false;
        await save();
      }
    } catch (error) {
      failed = { error };
    }
    running = undefined;
  }

  return {
    due: (): void => {
      isDue = true;
      running ??= work();
    },
    done: async (): Promise<void> => {
      await running;
      if (failed) throw failed.error;
    },
  };
}
