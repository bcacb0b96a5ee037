/** From the user's input to the assistant's answer: steps, with tool calls between them. */
import { v7 as uuid } from "uuid";
import { isBudgetError } from "../errors.ts";
import { type OpenAnswer, type Stop, throwIfAborted } from "../ledger/index.ts";
import type { Answered } from "./backend.ts";
import { isCancelled } from "./cancel.ts";
import { keptItems, textOf } from "./kept-items.ts";
import { takeThread, threadBusy } from "./lease.ts";
import { nextStep } from "./next-step.ts";
import { answerCalls, closeRound } from "./open-calls.ts";
import { type CallOptions, planOf } from "./plan.ts";
import { stopBefore } from "./run-caps.ts";
import { closed, stopAfter, stopOf } from "./run-end.ts";
import type { Run } from "./run.ts";
import {
  type RunTerms,
  type RunnerHost,
  type Session,
  fail,
  finish,
  openSession,
} from "./session.ts";
import { toolCallsIn } from "./tool-calls.ts";
import { openTurn } from "./turn.ts";
import { userItem } from "./user-input.ts";

export interface RunRequest extends RunTerms {
  /** An existing thread of the user's; absent for a new one. */
  readonly thread: string | undefined;
  readonly input: unknown;
  readonly call: CallOptions;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/**
 * Runs an assistant. Where nothing could be done it throws; where work was done and then something
 * stopped it, it resolves with `status: 'incomplete'` and the reason.
 */
export async function execute(host: RunnerHost, request: RunRequest): Promise<Run> {
  const { user, policy, assistant, call, signal, metadata } = request;
  throwIfAborted(signal);
  const input = [userItem(request.input)];
  const id = `run_${uuid()}`;
  const isNew = request.thread === undefined;
  const thread = request.thread ?? `thread_${uuid()}`;
  const createdAt = await host.ledger.now();
  const { prices, stored } = host;
  const plan = await planOf({ run: id, assistant, policy, call, prices, now: createdAt, stored });
  // What its last run could not save yet comes first: a new thread may not even exist in the store.
  if (!isNew && !(await host.unsaved.settled(thread))) throw threadBusy();
  const lease = await takeThread(host.store, { thread, user, run: id, isNew });
  const live = host.live.begin(id, user);
  try {
    const { frame, truncation, maxContextTokens } = plan;
    const turn = openTurn(lease, frame, { run: id, input, truncation, maxContextTokens });
    const run = { id, thread, createdAt, call, ...(metadata === undefined ? {} : { metadata }) };
    const session = openSession({
      host,
      request,
      run,
      plan,
      lease,
      turn,
      steps: [],
      stepsBefore: 0,
      interrupted: [],
      cancelled: live.signal,
      isNew: true,
    });
    return await converse(session);
  } catch (error) {
    await lease.drop();
    throw error;
  } finally {
    live.end();
  }
}

/** Step after step, until the run ends. */
export async function converse(session: Session): Promise<Run> {
  const { turn, state } = session;
  for (;;) {
    const size = turn.size();
    const stop = stopBefore(session, size, state.hasDone);
    if (stop) return finish(session, "", asCancelled(session, stop));
    let taken: Awaited<ReturnType<typeof nextStep>>;
    try {
      taken = await nextStep(session, size);
    } catch (error) {
      return endWith(session, error);
    }
    if (taken.size && isOwnCount(session))
      turn.counted(session.steps.at(-1)?.usage.promptTokens ?? 0, taken.size);
    const run = await takeAnswer(session, taken.answer, taken.last);
    if (run) return run;
  }
}

/** Takes an answer into the run: its calls are carried out, or it is the end. */
export async function takeAnswer(
  session: Session,
  answer: Answered,
  last?: Stop,
): Promise<Run | undefined> {
  const { plan, turn, steps, stepsBefore, state } = session;
  state.hasDone = true;
  const items = keptItems(answer.output);
  const calls = toolCallsIn(items);
  const count = { calls, steps: steps.length - stepsBefore, maxSteps: plan.maxSteps };
  const end = last ?? stopAfter(answer, count);
  if (!end && calls.length > 0) return afterTools(session, { items, outputs: {}, started: [] });
  turn.answered(end ? closed(items, end) : items, steps.at(-1)?.usage.reasoningTokens ?? 0);
  return finish(session, textOf(answer.output), end);
}

/** Between an answer's calls and the next step: what the tools gave comes into the thread. */
export async function afterTools(session: Session, open: OpenAnswer): Promise<Run | undefined> {
  const stop = await answerCalls(session, open);
  if (stop) return finish(session, "", stop);
  await closeRound(session);
  return undefined;
}

/** A step that was not taken: the end of a run that has done something; else there is no run. */
async function endWith(session: Session, error: unknown): Promise<Run> {
  const { state, signal } = session;
  if (!state.hasDone) {
    if (state.isNew) await fail(session);
    throw error;
  }
  if (signal.aborted) return finish(session, "", asCancelled(session, { reason: "aborted" }));
  if (!isBudgetError(error)) {
    await fail(session);
    throw error;
  }
  const stop: Stop = (await isCancelled(session, error)) ? { reason: "cancelled" } : stopOf(error);
  return finish(session, "", stop);
}

function asCancelled({ cancelled }: Session, stop: Stop): Stop {
  return stop.reason === "aborted" && cancelled.aborted ? { reason: "cancelled" } : stop;
}

/** Another model counts otherwise, and a report that contradicts itself has not counted. */
function isOwnCount({ host, plan, run, steps }: Session): boolean {
  const taken = steps.at(-1);
  if (taken?.known !== "reported" || taken.cause !== undefined) return false;
  return host.prices.find(taken.model, run.createdAt)?.model === plan.price.model;
}
