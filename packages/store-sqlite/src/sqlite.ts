import type { DatabaseSync } from "node:sqlite";
import type { Store } from "@assistants-budget/core/store";
import { databaseCalls } from "./file/calls.ts";
import { int } from "./file/rows.ts";
import { BUDGET } from "./file/schema.ts";
import { methodsOn } from "./methods.ts";

/** Where the embedded store lies when nothing else is said. */
export const DEFAULT_PATH = ".data/assistants-budget.sqlite";

/** How long windows and released holds are remembered after their end. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

/** Where the embedded store lies: in a file at `path`, or, where one is given, in `database`. */
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
  const { path = DEFAULT_PATH, database, clock } = options;
  const name = database ? "SQLite (the app's own database)" : `SQLite at ${path}`;
  const from = { path, name, ...(database ? { database } : {}) };
  const { writing, reads, open, close } = databaseCalls(from, BUDGET, (db) =>
    methodsOn(db, { clock: clock ?? clockOf(db), keepMs: KEEP_MS }),
  );

  return {
    name,
    open,
    close,

    reserve: writing(({ reserve }) => reserve),
    settle: writing(({ settle }) => settle),
    release: writing(({ release }) => release),
    attach: writing(({ attach }) => attach),
    renew: writing(({ renew }) => renew),
    lease: writing(({ lease }) => lease),
    act: writing(({ act }) => act),
    takeNotices: writing(({ takeNotices }) => takeNotices),
    dropNotice: writing(({ dropNotice }) => dropNotice),
    openThread: writing(({ openThread }) => openThread),
    renewThread: writing(({ renewThread }) => renewThread),
    closeThread: writing(({ closeThread }) => closeThread),
    saveRun: writing(({ saveRun }) => saveRun),
    deleteThread: writing(({ deleteThread }) => deleteThread),

    now: reads(({ now }) => now),
    holds: reads(({ holds }) => holds),
    windows: reads(({ windows }) => windows),
    lines: reads(({ lines }) => lines),
    settings: reads(({ settings }) => settings),
    fullest: reads(({ fullest }) => fullest),
    run: reads(({ run }) => run),
    runs: reads(({ runs }) => runs),
    items: reads(({ items }) => items),
  };
}

/** The same for all processes of a machine, whatever they make of their own. */
function clockOf(db: DatabaseSync): () => number {
  const time = db.prepare("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now");
  return () => int(time.get(), "now");
}
