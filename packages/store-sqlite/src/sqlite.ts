import type { DatabaseSync } from "node:sqlite";
import type { Store } from "@assistants-budget/core/store";
import { groupCommit } from "./group-commit.ts";
import { ledger } from "./ledger.ts";
import { openFile, prepareDatabase } from "./open.ts";
import { int } from "./rows.ts";
import { threads } from "./threads.ts";

/** Where the embedded store lies when nothing else is said. */
export const DEFAULT_PATH = ".data/assistants-budget.sqlite";

export interface SqliteOptions {
  /** The file; made if absent, with its folder. Default `.data/assistants-budget.sqlite`. */
  readonly path?: string;
  /** An open database of your own instead, used for nothing else; you close it. */
  readonly database?: DatabaseSync;
  /** Epoch ms; for tests. Default: SQLite's own clock, not the process's. */
  readonly clock?: () => number;
}

/**
 * The embedded store, on Node's own SQLite. Several processes of one machine may share a file.
 * Opens at the first call; every answer is given after its transaction was synced to disk.
 *
 * Its methods throw `store_unavailable` where the file can't be used, with the path and the reason.
 */
export function sqlite(options: SqliteOptions = {}): Store {
  const path = options.path ?? DEFAULT_PATH;
  const name = options.database ? "SQLite (the app's own database)" : `SQLite at ${path}`;
  let opened: ReturnType<typeof use> | undefined;

  function use(): ReturnType<typeof methods> & { readonly db: DatabaseSync } {
    const db = options.database ? prepareDatabase(options.database, name) : openFile(path);
    return { db, ...methods(db, options.clock) };
  }
  const on = () => (opened ??= use());
  const commit = groupCommit(() => on().db);

  return {
    name,
    open: async () => void on(),
    close: async () => {
      await commit.idle();
      if (!options.database) opened?.db.close();
      opened = undefined;
    },

    // What changes something goes into the common transaction …
    reserve: (request) => commit.run(() => on().ledger.reserve(request)),
    settle: (hold, charge) => commit.run(() => on().ledger.settle(hold, charge)),
    release: (hold) => commit.run(() => on().ledger.release(hold)),
    attach: (hold, responseId) => commit.run(() => on().ledger.attach(hold, responseId)),
    renew: (holds, ttlMs) => commit.run(() => on().ledger.renew(holds, ttlMs)),
    lease: (request) => commit.run(() => on().ledger.lease(request)),
    openThread: (request) => commit.run(() => on().threads.openThread(request)),
    renewThread: (request) => commit.run(() => on().threads.renewThread(request)),
    closeThread: (request) => commit.run(() => on().threads.closeThread(request)),
    saveRun: (request) => commit.run(() => on().threads.saveRun(request)),
    deleteThread: (request) => commit.run(() => on().threads.deleteThread(request)),

    // … what only reads does not wait for it.
    now: async () => on().ledger.now(),
    holds: async (query) => on().ledger.holds(query),
    windows: async (windows) => on().ledger.windows(windows),
    lines: async (query) => on().ledger.lines(query),
    run: async (request) => on().threads.run(request),
    runs: async (request) => on().threads.runs(request),
    items: async (request) => on().threads.items(request),
  };
}

function methods(db: DatabaseSync, clock: (() => number) | undefined) {
  const time = db.prepare("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now");
  const now = clock ?? (() => int(time.get(), "now"));
  return { ledger: ledger(db, now), threads: threads(db, now) };
}
