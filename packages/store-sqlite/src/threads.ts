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
import type { Transacted } from "./ledger.ts";
import { type Row, int, json, optionalText, text } from "./rows.ts";

/** Threads and runs on an open database; `now` is epoch ms by the store's clock. */
export function threads(db: DatabaseSync, now: () => number): Transacted<ThreadStore> {
  const byId = db.prepare("SELECT * FROM threads WHERE id = ?");
  const create = db.prepare(
    "INSERT INTO threads (id, user, created_at, first, next, fence) VALUES (?, ?, ?, 0, 0, 1)",
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
    return row && text(row, "user") === user ? row : undefined;
  }

  function items(thread: string, from: number): readonly StoredItem[] {
    return itemsFrom.all(thread, from).map((row) => ({
      seq: int(row, "seq"),
      run: text(row, "run"),
      item: json<Item>(row, "item"),
    }));
  }

  function saveRun({ run, fence, append, first, mark, close, leaseMs }: SaveRun): SaveRunReply {
    putRun.run(run.id, run.thread, run.user, run.createdAt, JSON.stringify(run));
    if (fence === undefined && append.length === 0) return { kind: "saved", fence: 0, next: 0 };
    const makes = fence === undefined && !byId.get(run.thread);
    if (makes) create.run(run.thread, run.user, now());
    const row = byId.get(run.thread);
    if (!row || (!makes && int(row, "fence") !== fence)) return { kind: "stale" };
    let next = int(row, "next");
    for (const item of append) {
      insertItem.run(run.thread, next, run.id, JSON.stringify(item));
      next += 1;
    }
    const until = close ? 0 : now() + leaseMs;
    const marked = mark === undefined ? null : JSON.stringify(mark);
    advance.run(first, next, marked, run.id, until, run.thread);
    return { kind: "saved", fence: int(row, "fence"), next };
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
      const row = runById.get(id, user);
      return row && json<RunRecord>(row, "record");
    },
    runs: ({ thread, user, limit }) =>
      owned(thread, user) &&
      runsOf.all(thread, user, limit).map((row) => json<RunRecord>(row, "record")),
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
