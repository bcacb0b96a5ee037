/** Opening the file: what can be wrong with it is said once, by name, and the file is left as it was. */
import { existsSync, mkdirSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BudgetError, isBudgetError } from "@assistants-budget/core/store";
import { int } from "./rows.ts";
import { isDamage, untilFree } from "./sqlite-errors.ts";

/** What a file of ours holds. */
export interface Schema {
  /** Marks a file as ours (`PRAGMA application_id`). */
  readonly applicationId: number;
  /** Each runs once, in order; `user_version` says how many have run. */
  readonly migrations: readonly string[];
  /** For messages: what is given a path, what to do where there is no fit disk, and what an empty file is. */
  readonly madeBy: string;
  readonly elsewhere: string;
  readonly empty: string;
}

/** What is opened, for messages, and what is expected in it. */
export interface Target {
  readonly name: string;
  readonly schema: Schema;
}

/** Small pages: what each step changes is small, and whole pages are written. */
const PAGE_SIZE = 2048;

/** After so many pages the log goes into the file: 8 MB, so that single steps seldom pay for it. */
const LOG_PAGES = 4000;

/** How long a file is asked for while other processes have it. */
const PATIENCE_MS = 10_000;

/** `statfs` types of disks that SQLite's locks do not work on. */
const NETWORK_DISKS: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0x517b: "SMB",
  0xfe534d42: "SMB2",
  0xff534d42: "CIFS",
};

/** Variables by which hosts without a lasting disk give themselves away. */
const SERVERLESS = ["VERCEL", "AWS_LAMBDA_FUNCTION_NAME", "FUNCTIONS_WORKER_RUNTIME", "K_SERVICE"];

/** Opens a file of ours, or makes one. */
export function openFile(path: string, schema: Schema): DatabaseSync {
  const file = resolve(path);
  refuseServerless(file, schema);
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    refuseNetworkDisk(file, schema);
    db = new DatabaseSync(file);
    return prepareDatabase(db, { name: file, schema });
  } catch (error) {
    db?.close();
    throw opened(error, { name: file, schema });
  }
}

/** Makes an open database ready: settings, then the migrations that it lacks. */
export function prepareDatabase(db: DatabaseSync, target: Target): DatabaseSync {
  // While opening, waiting on the event loop is right: nobody has been let in yet.
  db.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}; PRAGMA page_size = ${PAGE_SIZE}`);
  patiently(() => refuseForeign(db, target));
  // To change the journal mode SQLite needs the file alone, and does not wait for that by itself.
  patiently(() =>
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF"),
  );
  patiently(() => migrate(db, target));
  db.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}; PRAGMA busy_timeout = 0`);
  return db;
}

/** Other processes that open or close the file at the same moment may have it for themselves. */
function patiently(work: () => void): void {
  const tries = untilFree(work, PATIENCE_MS);
  while (tries.next().done !== true)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}

function refuseForeign(db: DatabaseSync, target: Target): void {
  const { name, schema } = target;
  const { id, version, tables } = identity(db);
  if (id === schema.applicationId) return refuseNewer(db, target);
  if (id !== 0 || version !== 0 || tables > 0) {
    throw unavailable(
      `${name} is a SQLite database of another program (application_id ${id}, ${tables} tables and indexes). ` +
        `assistants-budget needs a file of its own: give ${schema.madeBy} another path.`,
    );
  }
}

/** All at one moment: in between another process may make the tables. */
function identity(db: DatabaseSync): Readonly<Record<"id" | "version" | "tables", number>> {
  db.exec("BEGIN");
  try {
    const tables = int(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get(), "n");
    return { id: pragma(db, "application_id"), version: pragma(db, "user_version"), tables };
  } finally {
    db.exec("ROLLBACK");
  }
}

function refuseNewer(db: DatabaseSync, { name, schema }: Target): void {
  const { migrations, madeBy } = schema;
  const version = pragma(db, "user_version");
  if (version > migrations.length) {
    throw unavailable(
      `${name} was written by a newer assistants-budget (schema ${version}; this version knows up to ${migrations.length}). ` +
        `Update @assistants-budget/store-sqlite, or give ${madeBy} another path. The file was left as it was.`,
    );
  }
}

function migrate(db: DatabaseSync, target: Target): void {
  const { applicationId, migrations } = target.schema;
  // A file that lacks nothing is not written to: it may be damaged further down.
  if (pragma(db, "user_version") === migrations.length) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have migrated while this one waited.
    refuseNewer(db, target);
    for (const migration of migrations.slice(pragma(db, "user_version"))) db.exec(migration);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

function pragma(db: DatabaseSync, name: "application_id" | "user_version"): number {
  return int(db.prepare(`PRAGMA ${name}`).get(), name);
}

function refuseServerless(file: string, { elsewhere }: Schema): void {
  const found = SERVERLESS.find((name) => process.env[name] !== undefined);
  if (found !== undefined) {
    throw unavailable(
      `${file}: this host (${found} is set) has no disk that lasts, so what a SQLite file keeps would be forgotten. ${elsewhere}`,
    );
  }
}

function refuseNetworkDisk(file: string, { elsewhere }: Schema): void {
  const { type } = statfsSync(existsSync(file) ? file : dirname(file));
  const disk = NETWORK_DISKS[type];
  if (disk !== undefined) {
    throw unavailable(
      `${file} lies on a network disk (${disk}), where SQLite's locks do not hold. Use a local path. ${elsewhere}`,
    );
  }
}

/** SQLite's and the file system's own errors, in words that name the file. */
function opened(error: unknown, target: Target): BudgetError {
  if (isBudgetError(error)) return error;
  const reason = `can't be opened for writing (${error instanceof Error ? error.message : String(error)}). Check the path and the permissions of its folder`;
  return damage(error, target) ?? unavailable(`${target.name} ${reason}.`, error);
}

/** A file that is none of SQLite's, or no longer; it may show only in use. Nothing for other errors. */
export function damage(error: unknown, { name, schema }: Target): BudgetError | undefined {
  if (!isDamage(error)) return undefined;
  return unavailable(
    `${name} is not a SQLite database, or is damaged. It was left as it was: restore it from a backup, or move it away to start with ${schema.empty}.`,
    error,
  );
}

function unavailable(message: string, cause?: unknown): BudgetError {
  return new BudgetError("store_unavailable", { message, cause });
}
