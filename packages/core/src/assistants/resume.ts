/** A run that goes on: after its client's tools, after what stopped it, after the death of its process. */
import { v7 as uuid } from "uuid";
import { BudgetError, isBudgetError } from "../errors.ts";
import { type RunRecord, type Unfinished, askStore, throwIfAborted } from "../ledger/index.ts";
import { conflict, isFrozen, runNotFound } from "./cancel.ts";
import { clientCalls, withOutputs } from "./given-outputs.ts";
import { type Lease, LEASE_MS, takeThread, threadBusy } from "./lease.ts";
import { type Lost, lostSteps, settleHolds } from "./lost-answers.ts";
import { planOf } from "./plan.ts";
import type { Run } from "./run.ts";
import { afterTools, converse, takeAnswer } from "./runner.ts";
import { type RunTerms, type RunnerHost, type Session, openSession } from "./session.ts";
import { openTurn } from "./turn.ts";

export interface ResumeRequest extends RunTerms {
  /** The run, as it was found. */
  readonly record: RunRecord;
  /** From outside: outputs of the client's tools. */
  readonly toolOutputs: unknown;
}

type Resumable = RunRecord & { readonly unfinished: Unfinished };

/**
 * Goes on with a run from what it did last, under the limits and caps of now; nothing is paid twice
 * and no tool that has an output is run again.
 *
 * @throws BudgetError `thread_busy` while somebody is at it; `idempotency_conflict` where it can't go on;
 *   `invalid_input` for outputs that are not those of its open calls; a refusal, where nothing could be done.
 */
export async function resume(host: RunnerHost, request: ResumeRequest): Promise<Run> {
  throwIfAborted(request.signal);
  const { id, thread } = request.record;
  const { user } = request;
  const found = resumable(request.record);
  if (!(await host.unsaved.settled(thread))) throw threadBusy();
  const lease = await takeAgain(host, user, found);
  const live = host.live.begin(id, user);
  try {
    const record = await askStore(() => host.store.run({ id, user }));
    if (!record) throw runNotFound();
    const reopened = await reopen(host, request, { lease, record, cancelled: live.signal });
    return await goOn(reopened, request);
  } catch (error) {
    await lease.drop();
    throw error;
  } finally {
    live.end();
  }
}

/** @throws BudgetError `idempotency_conflict` for a run that is over. */
function resumable(record: RunRecord): Resumable {
  const { status, stop, unfinished } = record;
  if (stop?.reason === "cancelled") throw conflict("was cancelled");
  if (status === "completed" || status === "failed") throw conflict("has ended");
  if (!unfinished) throw conflict("can't be resumed: it is older than resuming");
  return { ...record, unfinished };
}

/** By a name of its own, so that the run's first process and another resume are told from it. */
async function takeAgain(host: RunnerHost, user: string, record: Resumable): Promise<Lease> {
  const { store } = host;
  const owner = { thread: record.thread, user, run: `resume_${uuid()}`, isNew: false };
  try {
    return await takeThread(store, owner);
  } catch (error) {
    const isUnborn = isBudgetError(error) && error.code === "thread_not_found";
    const { input, seenAt = 0, ...unfinished } = record.unfinished;
    if (!isUnborn || !input) throw error;
    // A thread begins with its first item, and its first step was under way.
    const waitMs = seenAt + LEASE_MS - (await askStore(() => store.now()));
    if (waitMs > 0) throw underWay(waitMs);
    await refuseLiving(host, record.id);
    const run = { ...record, unfinished: { ...unfinished, next: input.length } };
    const { kind } = await askStore(() =>
      store.saveRun({ run, append: input, from: 0, first: 0, close: true, leaseMs: 0 }),
    );
    if (kind === "stale") throw runNotFound();
    return takeThread(store, owner);
  }
}

/** @throws BudgetError `thread_busy` while a process holds money for this run. */
async function refuseLiving(host: RunnerHost, run: string): Promise<void> {
  const waitMs = await settleHolds(host, run);
  if (waitMs !== undefined) throw underWay(waitMs);
}

function underWay(waitMs: number): BudgetError {
  return new BudgetError("thread_busy", {
    message:
      "This run is under way, or its process died a moment ago: it can be resumed when nobody has been at it for a minute.",
    retryAfter: waitMs / 1000,
  });
}

/** The run as this process goes on with it. */
async function reopen(
  host: RunnerHost,
  request: ResumeRequest,
  found: { readonly lease: Lease; readonly record: RunRecord; readonly cancelled: AbortSignal },
): Promise<{ readonly session: Session; readonly lost: Lost }> {
  const { lease, cancelled } = found;
  const record = resumable(found.record);
  const { id, thread, createdAt, metadata, unfinished } = record;
  const { call, next, input = [] } = unfinished;
  if (lease.next !== next) throw conflict("can't go on: its thread has gone on without it");
  if (await isFrozen(host.store, id)) throw conflict("was cancelled");
  if (record.status === "in_progress") await refuseLiving(host, id);
  const { assistant, policy } = request;
  const { prices, stored } = host;
  const now = await host.ledger.now();
  const plan = await planOf({ run: id, assistant, policy, call, prices, now, stored });
  const { frame, truncation, maxContextTokens } = plan;
  const turn = openTurn(lease, frame, { run: id, input, truncation, maxContextTokens });
  const run = { id, thread, createdAt, call, ...(metadata === undefined ? {} : { metadata }) };
  const lost = await lostSteps(host, id, record.steps);
  const steps = [...record.steps, ...lost.steps];
  const session = openSession({
    host,
    request,
    run,
    plan,
    lease,
    turn,
    steps,
    stepsBefore: steps.length,
    interrupted: [...(record.interrupted ?? [])],
    cancelled,
    isNew: false,
  });
  session.state.open = unfinished.open;
  session.state.hasAnswered = record.text !== "";
  return { session, lost };
}

async function goOn(
  { session, lost }: { readonly session: Session; readonly lost: Lost },
  request: ResumeRequest,
): Promise<Run> {
  const { state } = session;
  takeOutputs(session, request);
  if (lost.steps.length > 0) state.hasDone = true;
  if (state.open) {
    state.hasDone = true;
    const ended = await afterTools(session, state.open);
    if (ended) return ended;
  } else if (lost.answer) {
    const ended = await takeAnswer(session, lost.answer);
    if (ended) return ended;
  }
  return converse(session);
}

/** What the client brings comes to the run's open calls, or to none. */
function takeOutputs({ state, plan }: Session, { toolOutputs, record }: ResumeRequest): void {
  const { open } = state;
  const waiting = open ? clientCalls(open, plan.tools) : [];
  const isGiven = toolOutputs !== undefined && toolOutputs !== null;
  if (isGiven && waiting.length === 0)
    throw conflict("has gone on already, or waits for no outputs");
  if (!open || (!isGiven && record.stop?.reason !== "requires_action")) return;
  if (waiting.length > 0) state.open = withOutputs(open, waiting, toolOutputs);
}
