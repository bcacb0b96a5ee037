/** Opening the file: what can be wrong with it is said once, by name, and the file is left as it was. */
import { existsSync, mkdirSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BudgetError, isBudgetError } from "@assistants-budget/core/store";
import { int } from "./rows.ts";
import { APPLICATION_ID, MIGRATIONS } from "./schema.ts";

/** How long a file is asked for while other processes have it. */
const PATIENCE_MS = 10_000;

const SQLITE_BUSY = 5;

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
export function openFile(path: string): DatabaseSync {
  const file = resolve(path);
  refuseServerless(file);
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    refuseNetworkDisk(file);
    db = new DatabaseSync(file);
    return prepareDatabase(db, file);
  } catch (error) {
    db?.close();
    throw opened(error, file);
  }
}

/** Makes an open database ready: settings, then the migrations that it lacks. */
export function prepareDatabase(db: DatabaseSync, name: string): DatabaseSync {
  // While opening, waiting on the event loop is right: nobody has been let in yet.
  db.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
  patiently(() => refuseForeign(db, name));
  // To change the journal mode SQLite needs the file alone, and does not wait for that by itself.
  patiently(() =>
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF"),
  );
  patiently(() => migrate(db, name));
  db.exec("PRAGMA busy_timeout = 0");
  return db;
}

/** Other processes that open or close the file at the same moment may have it for themselves. */
function patiently(work: () => void): void {
  const giveUp = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      work();
      return;
    } catch (error) {
      if (codeOf(error) !== SQLITE_BUSY || performance.now() > giveUp) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
  }
}

function refuseForeign(db: DatabaseSync, name: string): void {
  const { id, version, tables } = identity(db);
  if (id === APPLICATION_ID) return refuseNewer(db, name);
  if (id !== 0 || version !== 0 || tables > 0) {
    throw unavailable(
      `${name} is a SQLite database of another program (application_id ${id}, ${tables} tables and indexes). ` +
        `assistants-budget needs a file of its own: give sqlite({ path }) another path.`,
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

function refuseNewer(db: DatabaseSync, name: string): void {
  const version = pragma(db, "user_version");
  if (version > MIGRATIONS.length) {
    throw unavailable(
      `${name} was written by a newer assistants-budget (schema ${version}; this version knows up to ${MIGRATIONS.length}). ` +
        `Update @assistants-budget/store-sqlite, or give sqlite({ path }) another path. The file was left as it was.`,
    );
  }
}

function migrate(db: DatabaseSync, name: string): void {
  // A file that lacks nothing is not written to: it may be damaged further down.
  if (pragma(db, "user_version") === MIGRATIONS.length) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have migrated while this one waited.
    refuseNewer(db, name);
    for (const migration of MIGRATIONS.slice(pragma(db, "user_version"))) db.exec(migration);
    db.exec(
      `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`,
    );
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

function pragma(db: DatabaseSync, name: "application_id" | "user_version"): number {
  return int(db.prepare(`PRAGMA ${name}`).get(), name);
}

function refuseServerless(file: string): void {
  const found = SERVERLESS.find((name) => process.env[name] !== undefined);
  if (found !== undefined) {
    throw unavailable(
      `${file}: this host (${found} is set) has no disk that lasts, so budgets in a SQLite file would be forgotten. ` +
        `Use a store on a server: Redis or PostgreSQL.`,
    );
  }
}

function refuseNetworkDisk(file: string): void {
  const { type } = statfsSync(existsSync(file) ? file : dirname(file));
  const disk = NETWORK_DISKS[type];
  if (disk !== undefined) {
    throw unavailable(
      `${file} lies on a network disk (${disk}), where SQLite's locks do not hold. ` +
        `Use a local path, or a store on a server: Redis or PostgreSQL.`,
    );
  }
}

/** SQLite's and the file system's own errors, in words that name the file. */
function opened(error: unknown, file: string): BudgetError {
  if (isBudgetError(error)) return error;
  const reason = `can't be opened for writing (${error instanceof Error ? error.message : String(error)}). Check the path and the permissions of its folder`;
  return damage(error, file) ?? unavailable(`${file} ${reason}.`, error);
}

/** A file that is none of SQLite's, or no longer; it may show only in use. Nothing for other errors. */
export function damage(error: unknown, file: string): BudgetError | undefined {
  const code = codeOf(error);
  if (code !== 26 && code !== 11) return undefined;
  return unavailable(
    `${file} is not a SQLite database, or is damaged. It was left as it was: restore it from a backup, or move it away to start with empty budgets.`,
    error,
  );
}

/** SQLite's primary result code. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : undefined;
}

function unavailable(message: string, cause?: unknown): BudgetError {
  return new BudgetError("store_unavailable", { message, cause });
}
