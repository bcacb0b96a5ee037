/** The part of a store that keeps threads and runs. */
import type { Usage } from "../rules/index.ts";

/** A thread's item as the Responses API takes it: a message, a function call, its output, … */
export type Item = Readonly<Record<string, unknown>> & { readonly type: string };

/**
 * What the provider counted the last time: for this model, these instructions and tools
 * (`fingerprint`), a body of so many `bytes` with the items from `first` up to and without `next`
 * was `promptTokens`.
 */
export interface Mark {
  readonly fingerprint: string;
  readonly first: number;
  readonly next: number;
  readonly bytes: number;
  readonly promptTokens: number;
}

export interface StoredItem {
  /** Place in the thread, from 0, without gaps. */
  readonly seq: number;
  readonly run: string;
  readonly item: Item;
}

export interface ThreadState {
  readonly id: string;
  readonly user: string;
  readonly createdAt: number;
  /** Where the next item goes. */
  readonly next: number;
  /** Items before this one are no longer sent. */
  readonly first: number;
  readonly mark?: Mark;
}

/** One model call of a run, as it is remembered. */
export interface StepRecord {
  readonly id: string;
  readonly hold: string;
  readonly model: string;
  readonly tier: string;
  readonly responseId?: string;
  readonly usage: Usage;
  /** Nano-dollars. */
  readonly nano: number;
  readonly known: "reported" | "counted" | "assumed";
  /** Why it is not `reported`, or what was odd about it. */
  readonly cause?: string;
  /** Names of the tools that it asked for. */
  readonly toolCalls: readonly string[];
  readonly startedAt: number;
  readonly endedAt: number;
}

/** A call of a tool that the model has asked for. */
export interface OpenCall {
  readonly callId: string;
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly arguments: string;
}

export type RunStatus = "in_progress" | "completed" | "incomplete" | "failed";

/** Why a run came to an end before its answer did. */
export type StopReason =
  /** A limit refused the next step; `problem` is the refusal. */
  | "budget"
  | "max_steps"
  | "max_prompt_tokens"
  | "max_completion_tokens"
  | "max_context_tokens"
  /** The answer was cut off by its own cap. */
  | "max_output_tokens"
  | "content_filter"
  | "deadline"
  /** The caller's `signal`. */
  | "aborted"
  /** The provider failed after work had been done; `problem` says how. */
  | "provider"
  /** `calls` of tools that the app's client carries out: `resume()` with their outputs goes on. */
  | "requires_action"
  /** `runs.cancel()`: final. */
  | "cancelled";

export interface Stop {
  readonly reason: StopReason;
  /** The calls that wait for an output. */
  readonly calls?: readonly OpenCall[];
  /** The problem body of the refusal or failure. */
  readonly problem?: Readonly<Record<string, unknown>>;
}

/** An answer that is not in the thread yet, because not all of its calls have an output. */
export interface OpenAnswer {
  readonly items: readonly Item[];
  /** What the model will be told, by call id. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Ids of calls that were begun and must not be begun twice. */
  readonly started: readonly string[];
}

/** What a run that is not over needs to go on, in whatever process. */
export interface Unfinished {
  /** What the call that began the run said for itself. */
  readonly call: {
    readonly instructions?: string;
    readonly additionalInstructions?: string;
    readonly temperature?: number;
  };
  /** Where the thread's next item went when the run wrote last: a thread that has gone on is not turned back. */
  readonly next: number;
  /** What the user said, until it is in the thread. */
  readonly input?: readonly Item[];
  /** The run's last sign of life by the store's clock, epoch ms: in a lease's place while there is no thread. */
  readonly seenAt?: number;
  readonly open?: OpenAnswer;
}

export interface RunRecord {
  readonly id: string;
  readonly thread: string;
  readonly user: string;
  readonly assistant: string;
  readonly status: RunStatus;
  readonly createdAt: number;
  readonly steps: readonly StepRecord[];
  readonly text: string;
  readonly stop?: Stop;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Calls that a crash cut off, of tools that must not be run twice: they may or may not have happened. */
  readonly interrupted?: readonly OpenCall[];
  readonly unfinished?: Unfinished;
}

export interface OpenThread {
  readonly thread: string;
  readonly user: string;
  readonly run: string;
  readonly leaseMs: number;
}

export type OpenThreadReply =
  | {
      readonly kind: "open";
      /** Grows with every lease; what is written under an older one is refused. */
      readonly fence: number;
      readonly thread: ThreadState;
      /** The items from `thread.first` on. */
      readonly items: readonly StoredItem[];
    }
  /** None such, or somebody else's: the caller can't tell. */
  | { readonly kind: "missing" }
  /** Another run holds it until then (epoch ms) at the latest. */
  | { readonly kind: "busy"; readonly until: number; readonly now: number };

/**
 * What a run writes after a step, all or nothing. A run whose reply was lost sends it again, perhaps
 * with more to append: what is stored already is not appended a second time.
 */
export interface SaveRun {
  readonly run: RunRecord;
  /** The lease under which it writes; absent for a thread that this write creates, if it appends anything. */
  readonly fence?: number;
  readonly append: readonly Item[];
  /** The place of the first item in `append`: the thread's `next` as the run knows it, 0 for a new thread. */
  readonly from: number;
  readonly first: number;
  readonly mark?: Mark;
  /** Ends the lease with this write; else it is held for `leaseMs` more. */
  readonly close: boolean;
  readonly leaseMs: number;
}

export type SaveRunReply =
  /**
   * `fence`: the request's, 1 for a new thread; `next`: `from` and the number of items in `append`.
   * Both are 0 for a save with neither fence nor items, which only writes the run's record.
   */
  | { readonly kind: "saved"; readonly fence: number; readonly next: number }
  /**
   * The lease went to another run, or items lie where these belong: only the run's own record was
   * written. Where the thread is gone, or is another user's, nothing was.
   */
  | { readonly kind: "stale" };

export interface ThreadStore {
  /** Leases a thread to a run. */
  openThread(request: OpenThread): Promise<OpenThreadReply>;
  /** Keeps a lease; false where it went to another run. */
  renewThread(request: {
    readonly thread: string;
    readonly fence: number;
    readonly leaseMs: number;
  }): Promise<boolean>;
  /** Ends a lease without writing anything. */
  closeThread(request: { readonly thread: string; readonly fence: number }): Promise<void>;
  /**
   * Writes a run's record and appends its items under its fence. Where the item at `from` is this
   * run's own, the save or a part of it happened before: only the rest is appended, and a save that
   * happened in full is answered `saved`, whoever has the thread now.
   */
  saveRun(request: SaveRun): Promise<SaveRunReply>;
  /** A run of this user, or nothing. */
  run(request: { readonly id: string; readonly user: string }): Promise<RunRecord | undefined>;
  /** A thread's runs, newest first; nothing for somebody else's thread. */
  runs(request: {
    readonly thread: string;
    readonly user: string;
    readonly limit: number;
  }): Promise<readonly RunRecord[] | undefined>;
  /** A thread's items from the start; nothing for somebody else's thread. */
  items(request: {
    readonly thread: string;
    readonly user: string;
  }): Promise<readonly StoredItem[] | undefined>;
  /** Deletes a thread with its items and runs; ledger lines stay. Says whether there was one. */
  deleteThread(request: { readonly thread: string; readonly user: string }): Promise<boolean>;
}
