/** A ledger of a given length, and the table that the usual way sums up. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "@assistants-budget/core/store";
import { sqlite } from "@assistants-budget/store-sqlite";
import { pairOn } from "./ours.ts";

export interface Books {
  readonly store: Store;
  /** What a user was charged today, by an index on the user. */
  readonly sum: () => unknown;
  /** The same without an index. */
  readonly scan: () => unknown;
  readonly close: () => Promise<void>;
}

/** Writes the lines by SQL: through the store it would take an hour. */
export async function grownBooks(folder: string, lines: number): Promise<Books> {
  await mkdir(folder);
  const path = join(folder, "budget.sqlite");
  const first = sqlite({ path });
  await pairOn(first);
  await first.close();
  fill(path, lines);
  const store = sqlite({ path });
  await store.open();
  const db = usage(join(folder, "usage.sqlite"), lines);
  const today = `${new Date().toISOString().slice(0, 10)}%`;
  const sumOf = (user: string) =>
    db.prepare(`SELECT SUM(cost) FROM usage WHERE ${user} = ? AND created_at LIKE ?`);
  // A plus sign hides a column from the planner, and with it the index.
  const [indexed, plain] = [sumOf("user_id"), sumOf("+user_id")];
  return {
    store,
    sum: () => indexed.get("user-1", today),
    scan: () => plain.get("user-1", today),
    close: async () => {
      db.close();
      await store.close();
    },
  };
}

const COUNT = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $lines)";

/** Copies of the one line that the store has written, each by another user and for another hold. */
function fill(path: string, lines: number): void {
  const db = new DatabaseSync(path);
  const columns = db
    .prepare("SELECT name FROM pragma_table_info('lines') WHERE pk = 0")
    .all()
    .map(({ name }) => `"${String(name)}"`);
  const others: Readonly<Record<string, string>> = {
    '"hold"': "'filled-' || n",
    '"user"': "'user-' || (n % 1000)",
  };
  db.prepare(
    `INSERT INTO lines (${columns.join(", ")}) ${COUNT}
     SELECT ${columns.map((column) => others[column] ?? column).join(", ")}
     FROM n, (SELECT * FROM lines LIMIT 1)`,
  ).run({ lines: lines - 1 });
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

/** The table as most examples have it, a tenth of it from today. */
function usage(path: string, lines: number): DatabaseSync {
  const db = new DatabaseSync(path);
  db.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE usage (id INTEGER PRIMARY KEY, user_id TEXT, cost REAL, created_at TEXT) STRICT;
    CREATE INDEX usage_user ON usage (user_id)`);
  db.prepare(
    `INSERT INTO usage (user_id, cost, created_at) ${COUNT}
     SELECT 'user-' || (n % 1000), 0.001, datetime('now', '-' || (n % 10000 / 1000) || ' days')
     FROM n`,
  ).run({ lines });
  return db;
}
