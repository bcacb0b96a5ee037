/** A run under way in this process, and what is written of it. */
import { isBudgetError } from "../errors.ts";
import {
  type Balance,
  type LimitsSource,
  type OpenAnswer,
  type OpenCall,
  OWN_SCOPES,
  type Pending,
  type RunRecord,
  type StepRecord,
  type Stop,
  type Store,
  type Subjects,
} from "../ledger/index.ts";
import type { Policy } from "../rules/index.ts";
import type { AssistantDefinition } from "./assistant.ts";
import type { RunEvent } from "./events.ts";
import type { Lease } from "./lease.ts";
import type { LiveRuns } from "./live-runs.ts";
import type { CallOptions, Plan } from "./plan.ts";
import { type Run, summaryOf } from "./run.ts";
import type { StepHost } from "./step-host.ts";
import type { Turn } from "./turn.ts";

/** What runs stand on. */
export interface RunnerHost extends StepHost {
  readonly store: Store;
  /** The last saves of runs that ended while the store was away, by thread. */
  readonly unsaved: Pending<() => Promise<void>>;
  readonly live: LiveRuns;
  /** How long a step waits for money that running calls hold, ms. */
  readonly waitMs: number;
  readonly timeZone: string;
  /** The least output that is worth a call: for plain models and for those that reason. */
  readonly minOutputTokens: { readonly plain: number; readonly reasoning: number };
}

/** Who runs an assistant, under what. */
export interface RunTerms {
  readonly user: string;
  /** Asked once a reserve. */
  readonly limits: LimitsSource;
  /** All subjects but the run and the thread, which the runner adds. */
  readonly subjects: Subjects;
  readonly policy: Policy;
  readonly name: string;
  readonly assistant: AssistantDefinition;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: (event: RunEvent) => void;
}

/** What a run is from its beginning to its end, in whatever processes. */
type RunIdentity = Pick<RunRecord, "id" | "thread" | "createdAt" | "metadata"> & {
  readonly call: CallOptions;
};

/** A run under way. */
export interface Session {
  readonly host: RunnerHost;
  readonly request: RunTerms;
  readonly run: RunIdentity;
  readonly plan: Plan;
  readonly lease: Lease;
  readonly turn: Turn;
  readonly subjects: Subjects;
  readonly deadline: number;
  readonly steps: StepRecord[];
  /** How many of the steps were taken before the run was resumed. */
  readonly stepsBefore: number;
  readonly interrupted: OpenCall[];
  /** The caller's signal, and whether somebody cancels the run. */
  readonly signal: AbortSignal;
  readonly cancelled: AbortSignal;
  /** Tells of an event; nobody hears of a run before it is remembered. */
  readonly tell: (event: RunEvent) => void;
  readonly state: SessionState;
}

interface SessionState {
  /** Whether the run began in this process, now. */
  readonly isNew: boolean;
  /** Whether something was done that is worth keeping. */
  hasDone: boolean;
  /** The last answer, while not all of its calls have an output. */
  open: OpenAnswer | undefined;
  /** The first writing of the run's record. */
  remembered: Promise<void> | undefined;
  /** Whether the run has ended in an answer before, and nothing has come after it yet. */
  hasAnswered: boolean;
  /** Whether tools were cut short for the deadline. */
  isLate: boolean;
  /** Whether the last save came through. */
  isKept: boolean;
}

/** The same, but for what is made here. */
export function openSession({
  isNew,
  ...parts
}: Omit<Session, "tell" | "state" | "signal" | "deadline" | "subjects"> & {
  readonly isNew: boolean;
}): Session {
  const { host, request, run, plan, cancelled } = parts;
  const { id, thread } = run;
  const early: RunEvent[] = [];
  let isHeard = false;
  return {
    ...parts,
    subjects: { ...request.subjects, thread, run: id },
    deadline: host.monotonic() + plan.deadlineMs,
    signal: request.signal ? AbortSignal.any([request.signal, cancelled]) : cancelled,
    state: {
      isNew,
      hasDone: false,
      hasAnswered: false,
      open: undefined,
      remembered: undefined,
      isLate: false,
      isKept: false,
    },
    tell: (event) => {
      if (event.type !== "start" && !isHeard) return void early.push(event);
      isHeard = true;
      request.onEvent(event);
      for (const one of early.splice(0)) request.onEvent(one);
    },
  };
}

/** Writes the run down as soon as it costs something, and then tells of it. */
export function remember(session: Session): void {
  const { host, lease, turn, run, tell } = session;
  const { append } = turn.unsaved();
  const record = async () =>
    recordOf(session, { status: "in_progress", input: append, seenAt: await host.ledger.now() });
  session.state.remembered ??= lease
    .note(record)
    .catch(() => undefined)
    .then(() => tell({ type: "start", run: run.id, thread: run.thread }));
}

/** Work that was paid for is not lost to a store that is away: it is written with the next save, or when the store is back. */
export async function keep(session: Session, ending?: Ending): Promise<RunRecord> {
  const { host, lease, turn } = session;
  remember(session);
  await session.state.remembered;
  const unsaved = turn.unsaved();
  const next = lease.next + unsaved.append.length;
  const record = recordOf(session, { status: "in_progress", next, ...ending });
  const close = ending !== undefined;
  const save = () => lease.save({ ...unsaved, run: record, close });
  try {
    await save();
    turn.saved();
    session.state.isKept = true;
  } catch (error) {
    session.state.isKept = false;
    if (!isBudgetError(error) || error.code !== "store_unavailable") throw error;
    host.warn(`run ${record.id} could not be saved yet: ${error.message}`);
    if (close) host.unsaved.add(record.thread, save);
  }
  return record;
}

/** The end of a run that has done something. */
export async function finish(session: Session, text: string, stop?: Stop): Promise<Run> {
  const status = stop ? "incomplete" : "completed";
  const record = await keep(session, { status, text, ...(stop ? { stop } : {}) });
  const balances = await ownBalances(session).catch(() => []);
  return { ...summaryOf(record), output: [...session.turn.added], balances };
}

/** A run that came to nothing is remembered only if it cost something. */
export async function fail(session: Session): Promise<void> {
  const { steps, lease, state } = session;
  await state.remembered;
  if (steps.length === 0 && !state.remembered) return;
  const run = recordOf(session, { status: "failed" });
  await lease.record(run).catch(() => undefined);
}

/** What is shared with others is not the caller's to see. */
async function ownBalances({ host, request, subjects }: Session): Promise<readonly Balance[]> {
  const { ledger, timeZone } = host;
  const limits = await request.limits();
  return ledger.balances({ limits, subjects, timeZone, scopes: OWN_SCOPES });
}

type Ending = Pick<RunRecord, "status" | "stop"> & { readonly text: string };

type Shown = Pick<RunRecord, "status" | "stop"> & {
  readonly text?: string;
  /** Absent where nothing of the run is in its thread yet: then `input` is what is to come. */
  readonly next?: number;
  readonly input?: OpenAnswer["items"];
  readonly seenAt?: number;
};

function recordOf(session: Session, shown: Shown): RunRecord {
  const { status, text = "", stop, next, input, seenAt } = shown;
  const { run, request, steps, interrupted, lease, state } = session;
  const { call, ...identity } = run;
  const isOver = status === "completed" || status === "failed" || stop?.reason === "cancelled";
  return {
    ...identity,
    user: request.user,
    assistant: request.name,
    status,
    steps: [...steps],
    text,
    ...(stop ? { stop } : {}),
    ...(interrupted.length === 0 ? {} : { interrupted: [...interrupted] }),
    ...(isOver
      ? {}
      : {
          unfinished: {
            call,
            next: next ?? lease.next,
            ...(input && input.length > 0 ? { input } : {}),
            ...(seenAt === undefined ? {} : { seenAt }),
            ...(state.open ? { open: state.open } : {}),
          },
        }),
  };
}
