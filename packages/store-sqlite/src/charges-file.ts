import type { DatabaseSync } from "node:sqlite";
import type { KeptCharges } from "@assistants-budget/core/store";
import { databaseCalls } from "./file/calls.ts";
import type { Schema } from "./file/open.ts";
import { text } from "./file/rows.ts";
import { NO_IMAGE, transactions } from "./file/transactions.ts";

const CHARGES: Schema = {
  /** "abuc" */
  applicationId: 0x61627563,
  migrations: [
    `CREATE TABLE charges (
      no    INTEGER PRIMARY KEY,
      key   TEXT    NOT NULL UNIQUE,
      value TEXT    NOT NULL
    ) STRICT;`,
  ],
  madeBy: "chargesFile({ path })",
  elsewhere: "Leave `chargesFile` out: charges then wait in the process's memory.",
  empty: "no charges waiting",
};

/** Where charges are kept that wait for their store. */
export interface ChargesFileOptions {
  /** The file; made if absent, with its folder. Not the one of `sqlite({ path })`. */
  readonly path: string;
}

/**
 * Keeps charges that the store could not take, so that they outlive the process: for stores on a
 * server. Several processes of one machine may share the file. Opens at the first call; every
 * answer is given after its transaction was synced to disk.
 *
 * @example
 * createBudget({ store: redis(client), keepCharges: chargesFile({ path: ".data/charges.sqlite" }) });
 */
export function chargesFile({ path }: ChargesFileOptions): KeptCharges {
  const name = `charges at ${path}`;
  const { writing, reads, close } = databaseCalls({ path, name }, CHARGES, (db) => ({
    methods: methodsOn(db),
    transactions: transactions(db, NO_IMAGE),
  }));
  return {
    name,
    put: writing(({ put }) => put),
    delete: writing(({ remove }) => remove),
    all: reads(({ all }) => all),
    close,
  };
}

function methodsOn(db: DatabaseSync) {
  const put = db.prepare(
    `INSERT INTO charges (key, value) VALUES (?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  );
  const remove = db.prepare("DELETE FROM charges WHERE key = ?");
  const all = db.prepare("SELECT key, value FROM charges ORDER BY no");
  return {
    put: (key: string, value: string): void => void put.run(key, value),
    remove: (key: string): void => void remove.run(key),
    all: (): readonly { readonly key: string; readonly value: string }[] =>
      all.all().map((row) => ({ key: text(row, "key"), value: text(row, "value") })),
  };
}
