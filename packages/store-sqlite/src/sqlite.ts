import { resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Store } from "@assistants-budget/core/store";
import { groupCommit } from "./group-commit.ts";
import { ledger } from "./ledger.ts";
import { damage, openFile, prepareDatabase } from "./open.ts";
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
  const damaged = (error: unknown): never => {
    throw damage(error, options.database ? name : resolve(path)) ?? error;
  };
  const write = <T>(work: () => T): Promise<T> => commit.run(work).catch(damaged);
  const read = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      return damaged(error);
    }
  };

  return {
    name,
    open: () => read(() => void on()),
    close: async () => {
      await commit.idle();
      if (!options.database) opened?.db.close();
      opened = undefined;
    },

    // What changes something goes into the common transaction …
    reserve: (request) => write(() => on().ledger.reserve(request)),
    settle: (hold, charge) => write(() => on().ledger.settle(hold, charge)),
    release: (hold) => write(() => on().ledger.release(hold)),
    attach: (hold, responseId) => write(() => on().ledger.attach(hold, responseId)),
    renew: (holds, ttlMs) => write(() => on().ledger.renew(holds, ttlMs)),
    lease: (request) => write(() => on().ledger.lease(request)),
    openThread: (request) => write(() => on().threads.openThread(request)),
    renewThread: (request) => write(() => on().threads.renewThread(request)),
    closeThread: (request) => write(() => on().threads.closeThread(request)),
    saveRun: (request) => write(() => on().threads.saveRun(request)),
    deleteThread: (request) => write(() => on().threads.deleteThread(request)),

    // … what only reads does not wait for it.
    now: () => read(() => on().ledger.now()),
    holds: (query) => read(() => on().ledger.holds(query)),
    windows: (windows) => read(() => on().ledger.windows(windows)),
    lines: (query) => read(() => on().ledger.lines(query)),
    run: (request) => read(() => on().threads.run(request)),
    runs: (request) => read(() => on().threads.runs(request)),
    items: (request) => read(() => on().threads.items(request)),
  };
}

function methods(db: DatabaseSync, clock: (() => number) | undefined) {
  const time = db.prepare("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now");
  const now = clock ?? (() => int(time.get(), "now"));
  return { ledger: ledger(db, now), threads: threads(db, now) };
}
