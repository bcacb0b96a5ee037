/** Runs and saves as the suites write them down. */
import assert from "node:assert/strict";
import type {
  Item,
  OpenThread,
  OpenThreadReply,
  RunRecord,
  SaveRun,
  Store,
} from "@assistants-budget/core/store";
import { MINUTE, NOON } from "./requests.ts";

export function message(text: string): Item {
  return { type: "message", role: "user", content: text };
}

export function run(id: string, rest: Partial<RunRecord> = {}): RunRecord {
  return {
    id,
    thread: "thread-1",
    user: "alice",
    assistant: "support",
    status: "in_progress",
    createdAt: NOON,
    steps: [],
    text: "",
    ...rest,
  };
}

/** A save as the runner makes them; by default it appends one message at the start and ends the lease. */
export function save(record: RunRecord, rest: Partial<SaveRun> = {}): SaveRun {
  const append = [message(`of ${record.id}`)];
  return { run: record, append, from: 0, first: 0, close: true, leaseMs: MINUTE, ...rest };
}

/** A thread of Alice's with one item, leased to nobody. */
export async function begin(store: Store, thread: string = "thread-1"): Promise<void> {
  await store.saveRun(save(run(`first of ${thread}`, { thread, status: "completed" })));
}

/** What a run of Alice's asks of her thread. */
export function lease(runId: string, leaseMs: number = MINUTE): OpenThread {
  return { thread: "thread-1", user: "alice", run: runId, leaseMs };
}

/** What opening a thread must have given. */
export function open(reply: OpenThreadReply): Extract<OpenThreadReply, { kind: "open" }> {
  if (reply.kind !== "open") assert.fail(`expected an open thread, found ${reply.kind}`);
  return reply;
}
