/** From the user's input to the assistant's answer: steps, with tool calls between them. */
import { v7 as uuid } from "uuid";
import { isBudgetError } from "../errors.ts";
import {
  type Balance,
  type LimitsSource,
  OWN_SCOPES,
  type Pending,
  type RunRecord,
  type StepRecord,
  type Stop,
  type Store,
  type Subjects,
  throwIfAborted,
} from "../ledger/index.ts";
import { type Policy, addNano } from "../rules/index.ts";
import type { AssistantDefinition } from "./assistant.ts";
import type { Answered } from "./backend.ts";
import type { RunEvent } from "./events.ts";
import { keptItems, textOf } from "./kept-items.ts";
import { type Lease, takeThread, threadBusy } from "./lease.ts";
import { type CallOptions, type Plan, planOf } from "./plan.ts";
import { outputRange, stopBefore } from "./run-caps.ts";
import { closed, stopAfter, stopOf } from "./run-end.ts";
import { type Run, costFrom, stepOf, summaryOf } from "./run.ts";
import type { StepHost } from "./step-host.ts";
import { takeStep } from "./step.ts";
import { type ToolCall, outputItem, runTools, toolCallsIn } from "./tool-calls.ts";
import { type Turn, openTurn } from "./turn.ts";
import { userItem } from "./user-input.ts";

/** What runs stand on. */
export interface RunnerHost extends StepHost {
  readonly store: Store;
  /** The last saves of runs that ended while the store was away, by thread. */
  readonly unsaved: Pending<() => Promise<void>>;
  /** How long a step waits for money that running calls hold, ms. */
  readonly waitMs: number;
  readonly timeZone: string;
  /** The least output that is worth a call: for plain models and for those that reason. */
  readonly minOutputTokens: { readonly plain: number; readonly reasoning: number };
}

export interface RunRequest {
  readonly user: string;
  /** Asked once a reserve. */
  readonly limits: LimitsSource;
  /** All subjects but the run and the thread, which the runner adds. */
  readonly subjects: Subjects;
  readonly policy: Policy;
  readonly name: string;
  readonly assistant: AssistantDefinition;
  /** An existing thread of the user's; absent for a new one. */
  readonly thread: string | undefined;
  readonly input: unknown;
  readonly call: CallOptions;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: (event: RunEvent) => void;
}

/** A run under way. */
interface Session {
  readonly host: RunnerHost;
  readonly request: RunRequest;
  readonly id: string;
  readonly thread: string;
  readonly createdAt: number;
  readonly plan: Plan;
  readonly lease: Lease;
  readonly turn: Turn;
  readonly subjects: Subjects;
  readonly deadline: number;
  readonly steps: StepRecord[];
}

/**
 * Runs an assistant. Where nothing could be done it throws; where work was done and then something
 * stopped it, it resolves with `status: 'incomplete'` and the reason.
 */
export async function execute(host: RunnerHost, request: RunRequest): Promise<Run> {
  const { user, policy, assistant, call, signal } = request;
  throwIfAborted(signal);
  const input = [userItem(request.input)];
  const id = `run_${uuid()}`;
  const isNew = request.thread === undefined;
  const thread = request.thread ?? `thread_${uuid()}`;
  const createdAt = await host.ledger.now();
  const { prices, stored, monotonic } = host;
  const plan = await planOf({ run: id, assistant, policy, call, prices, now: createdAt, stored });
  // What its last run could not save yet comes first: a new thread may not even exist in the store.
  if (!isNew && !(await host.unsaved.settled(thread))) throw threadBusy();
  const lease = await takeThread(host.store, { thread, user, run: id, isNew });
  try {
    const { frame, truncation, maxContextTokens, deadlineMs } = plan;
    const turn = openTurn(lease, frame, { input, truncation, maxContextTokens });
    const subjects = { ...request.subjects, thread, run: id };
    const deadline = monotonic() + deadlineMs;
    const steps: StepRecord[] = [];
    return await converse({
      host,
      request,
      id,
      thread,
      createdAt,
      plan,
      lease,
      turn,
      subjects,
      deadline,
      steps,
    });
  } catch (error) {
    await lease.drop();
    throw error;
  }
}

async function converse(session: Session): Promise<Run> {
  const { request, plan, turn, steps } = session;
  let answer: Answered | undefined;
  for (;;) {
    const size = turn.size();
    const stop = stopBefore(session, size, answer !== undefined);
    if (stop) return finish(session, "", stop);
    try {
      answer = await step(session, size.bound);
    } catch (error) {
      if (answer && request.signal?.aborted) return finish(session, "", { reason: "aborted" });
      if (answer && isBudgetError(error)) return finish(session, "", stopOf(error));
      await fail(session);
      throw error;
    }
    const taken = steps.at(-1);
    if (taken && isOwnCount(session, taken)) turn.counted(taken.usage.promptTokens, size);
    const items = keptItems(answer.output);
    const calls = toolCallsIn(items);
    const end = stopAfter(answer, { calls, steps: steps.length, maxSteps: plan.maxSteps });
    turn.answered(end ? closed(items, end) : items, taken?.usage.reasoningTokens ?? 0);
    if (end || calls.length === 0) return finish(session, textOf(answer.output), end);
    await callTools(session, calls);
  }
}

/** Another model counts otherwise, and a report that contradicts itself has not counted. */
function isOwnCount({ host, plan, createdAt }: Session, taken: StepRecord): boolean {
  const answering = host.prices.find(taken.model, createdAt);
  return (
    taken.known === "reported" && taken.cause === undefined && answering?.model === plan.price.model
  );
}

/** One step with what is left of the run's caps. */
async function step(session: Session, promptTokens: number): Promise<Answered> {
  const { host, request, plan, turn, steps, subjects, thread, id, deadline } = session;
  const { policy, name, user, signal } = request;
  return takeStep(host, {
    body: plan.body(turn.input()),
    price: plan.price,
    tier: plan.tier,
    promptTokens,
    output: outputRange(session),
    demand: {
      limits: await request.limits(),
      subjects,
      timeZone: host.timeZone,
      waitMs: host.waitMs,
      ...(signal ? { signal } : {}),
    },
    facts: {
      user,
      thread,
      run: id,
      assistant: name,
      ...(policy.name === undefined ? {} : { route: policy.name }),
    },
    charged: () => steps.length > 0,
    deadline,
    onText: (delta) => request.onEvent({ type: "text", delta }),
    onCharge: (record) => {
      steps.push(record);
      const cost = costFrom(steps.reduce((sum, { nano }) => addNano(sum, nano), 0));
      request.onEvent({ type: "step", step: stepOf(record), cost });
    },
  });
}

/** Runs what the model asked for, and writes down both the calls and their outputs. */
async function callTools(session: Session, calls: readonly ToolCall[]): Promise<void> {
  const { host, request, plan, turn, deadline, id, thread } = session;
  const { user, signal, onEvent } = request;
  const timeUp = AbortSignal.timeout(Math.max(1, Math.ceil(deadline - host.monotonic())));
  const context = {
    user,
    thread,
    run: id,
    signal: signal ? AbortSignal.any([signal, timeUp]) : timeUp,
  };
  for (const call of calls) onEvent({ type: "tool_call", ...call });
  const outcomes = await runTools(calls, plan.tools, context);
  for (const { call, failed } of outcomes)
    onEvent({ type: "tool_output", callId: call.callId, name: call.name, failed });
  turn.add(outcomes.map(({ call, output }) => outputItem(call.callId, output)));
  await keep(session, recordOf(session, "in_progress", ""), false);
}

/** Work that was paid for is not lost to a store that is away: it is written with the next save, or when the store is back. */
async function keep({ host, lease, turn }: Session, run: RunRecord, close: boolean): Promise<void> {
  const save = () => lease.save({ ...turn.unsaved(), run, close });
  try {
    await save();
    turn.saved();
  } catch (error) {
    if (!isBudgetError(error) || error.code !== "store_unavailable") throw error;
    host.warn(`run ${run.id} could not be saved yet: ${error.message}`);
    if (close) host.unsaved.add(run.thread, save);
  }
}

/** The end of a run that has done something. */
async function finish(session: Session, text: string, stop: Stop | undefined): Promise<Run> {
  const { turn } = session;
  const record = {
    ...recordOf(session, stop ? "incomplete" : "completed", text),
    ...(stop ? { stop } : {}),
  };
  await keep(session, record, true);
  const balances = await ownBalances(session).catch(() => []);
  return { ...summaryOf(record), output: [...turn.added], balances };
}

/** What is shared with others is not the caller's to see. */
async function ownBalances({ host, request, subjects }: Session): Promise<readonly Balance[]> {
  const { ledger, timeZone } = host;
  const limits = await request.limits();
  return ledger.balances({ limits, subjects, timeZone, scopes: OWN_SCOPES });
}

/** A run that came to nothing is remembered only if it cost something. */
async function fail(session: Session): Promise<void> {
  const { steps, lease } = session;
  if (steps.length === 0) return;
  const run = recordOf(session, "failed", "");
  await lease.record(run).catch(() => undefined);
}

function recordOf(session: Session, status: RunRecord["status"], text: string): RunRecord {
  const { id, thread, request, createdAt, steps } = session;
  const { user, name, metadata } = request;
  return {
    id,
    thread,
    user,
    assistant: name,
    status,
    createdAt,
    steps: [...steps],
    text,
    ...(metadata === undefined ? {} : { metadata }),
  };
}
