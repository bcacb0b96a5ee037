import type { DatabaseSync } from "node:sqlite";
import type {
  Item,
  Mark,
  RunRecord,
  SaveRun,
  SaveRunReply,
  StoredItem,
  ThreadState,
  ThreadStore,
} from "@assistants-budget/core/store";
import { type Row, int, json, optionalText, text } from "./file/rows.ts";
import type { Transacted } from "./file/transactions.ts";

/** The fence of a thread that nobody has opened yet. */
const NEW_FENCE = 1;

interface Host {
  /** Epoch ms by the store's clock. */
  readonly now: () => number;
  /** The user that a name stands for. */
  readonly userOf: (name: string) => string;
}

/** Threads and runs on an open database. */
export function threads(db: DatabaseSync, { now, userOf }: Host): Transacted<ThreadStore> {
  const byId = db.prepare("SELECT * FROM threads WHERE id = ?");
  const create = db.prepare(
    `INSERT INTO threads (id, user, created_at, first, next, fence)
     VALUES (?, ?, ?, 0, 0, ${NEW_FENCE}) ON CONFLICT DO NOTHING`,
  );
  const lease = db.prepare(
    "UPDATE threads SET fence = fence + 1, lease_run = ?, lease_until = ? WHERE id = ?",
  );
  const renew = db.prepare(
    "UPDATE threads SET lease_until = ? WHERE id = ? AND fence = ? AND lease_until > 0",
  );
  const unlease = db.prepare("UPDATE threads SET lease_until = 0 WHERE id = ? AND fence = ?");
  const advance = db.prepare(
    "UPDATE threads SET first = ?, next = ?, mark = ?, lease_run = ?, lease_until = ? WHERE id = ?",
  );
  const insertItem = db.prepare("INSERT INTO items (thread, seq, run, item) VALUES (?, ?, ?, ?)");
  const runAt = db.prepare("SELECT run FROM items WHERE thread = ? AND seq = ?");
  const itemsFrom = db.prepare("SELECT * FROM items WHERE thread = ? AND seq >= ? ORDER BY seq");
  const putRun = db.prepare(
    `INSERT INTO runs (id, thread, user, created_at, record) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET record = excluded.record`,
  );
  const runById = db.prepare("SELECT record FROM runs WHERE id = ? AND user = ?");
  const runsOf = db.prepare(
    `SELECT record FROM runs WHERE thread = ? AND user = ?
     ORDER BY created_at DESC, id DESC LIMIT ?`,
  );
  const deletes = ["items WHERE thread = ?", "runs WHERE thread = ?", "threads WHERE id = ?"].map(
    (rest) => db.prepare(`DELETE FROM ${rest}`),
  );

  function owned(id: string, user: string): Row | undefined {
    const row = byId.get(id);
    return row && text(row, "user") === userOf(user) ? row : undefined;
  }

  function items(thread: string, from: number): readonly StoredItem[] {
    return itemsFrom.all(thread, from).map((row) => ({
      seq: int(row, "seq"),
      run: text(row, "run"),
      item: json<Item>(row, "item"),
    }));
  }

  /** The thread that a save is for; made by the first one that appends to it. */
  function threadFor({ run, fence, from }: SaveRun): Row | undefined {
    if (fence === undefined && from === 0) create.run(run.thread, userOf(run.user), now());
    return owned(run.thread, run.user);
  }

  function saveRun(request: SaveRun): SaveRunReply {
    const { append, from, first, mark, close, leaseMs } = request;
    const run = { ...request.run, user: userOf(request.run.user) };
    const record = [run.id, run.thread, run.user, run.createdAt, JSON.stringify(run)] as const;
    if (request.fence === undefined && append.length === 0) {
      putRun.run(...record);
      return { kind: "saved", fence: 0, next: 0 };
    }
    const row = threadFor(request);
    if (!row) return { kind: "stale" };
    putRun.run(...record);
    const { fence = NEW_FENCE } = request;
    const stored = int(row, "next");
    const next = from + append.length;
    const isOwn = (seq: number) => runAt.get(run.thread, seq)?.["run"] === run.id;
    const begun = append.length > 0 && isOwn(from);
    const done = begun && isOwn(next - 1);
    const leads = int(row, "fence") === fence;
    const leased = int(row, "lease_until") > 0 && optionalText(row, "lease_run") === run.id;
    if (done && !(leads && leased)) return { kind: "saved", fence, next };
    const fits = begun || (stored === from && (from === 0 || request.fence !== undefined));
    if (!leads || !fits) return { kind: "stale" };
    for (let seq = stored; seq < next; seq += 1)
      insertItem.run(run.thread, seq, run.id, JSON.stringify(append[seq - from]));
    const until = close ? 0 : now() + leaseMs;
    const marked = mark === undefined ? null : JSON.stringify(mark);
    advance.run(first, Math.max(stored, next), marked, run.id, until, run.thread);
    return { kind: "saved", fence, next };
  }

  return {
    openThread: ({ thread, user, run, leaseMs }) => {
      const row = owned(thread, user);
      if (!row) return { kind: "missing" };
      const at = now();
      const until = int(row, "lease_until");
      if (until > at && optionalText(row, "lease_run") !== run)
        return { kind: "busy", until, now: at };
      lease.run(run, at + leaseMs, thread);
      const state = threadOf(row);
      const fence = int(row, "fence") + 1;
      return { kind: "open", fence, thread: state, items: items(thread, state.first) };
    },
    renewThread: ({ thread, fence, leaseMs }) =>
      renew.run(now() + leaseMs, thread, fence).changes > 0,
    closeThread: ({ thread, fence }) => void unlease.run(thread, fence),
    saveRun,
    run: ({ id, user }) => {
      const row = runById.get(id, userOf(user));
      return row && json<RunRecord>(row, "record");
    },
    runs: ({ thread, user, limit }) =>
      owned(thread, user) &&
      runsOf.all(thread, userOf(user), limit).map((row) => json<RunRecord>(row, "record")),
    items: ({ thread, user }) => owned(thread, user) && items(thread, 0),
    deleteThread: ({ thread, user }) => {
      if (!owned(thread, user)) return false;
      for (const statement of deletes) statement.run(thread);
      return true;
    },
  };
}

function threadOf(row: Row): ThreadState {
  const mark = optionalText(row, "mark");
  return {
    id: text(row, "id"),
    user: text(row, "user"),
    createdAt: int(row, "created_at"),
    next: int(row, "next"),
    first: int(row, "first"),
    ...(mark === undefined ? {} : { mark: json<Mark>(row, "mark") }),
  };
}
