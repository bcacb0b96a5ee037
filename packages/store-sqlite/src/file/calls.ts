/** A database that is opened at the first call, and how its calls are made. */
import { resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { groupCommit, reading } from "./group-commit.ts";
import { type Schema, damage, openFile, prepareDatabase } from "./open.ts";
import type { Transactions } from "./transactions.ts";

/** What a database was opened for. */
interface Opened<Methods> {
  readonly methods: Methods;
  readonly transactions: Transactions;
}

/** Turns a method that runs inside one transaction into one that is asked from outside. */
type Asked<Methods> = <A extends unknown[], R>(
  pick: (methods: Methods) => (...args: A) => R,
) => (...args: A) => Promise<R>;

interface Calls<Methods> {
  /** What changes something goes into the common transaction. */
  readonly writing: Asked<Methods>;
  /** What only reads does not wait for it. */
  readonly reads: Asked<Methods>;
  readonly open: () => Promise<void>;
  /** Writes what is waiting. */
  readonly close: () => Promise<void>;
}

export function databaseCalls<Methods>(
  from: { readonly path: string; readonly database?: DatabaseSync; readonly name: string },
  schema: Schema,
  use: (db: DatabaseSync) => Opened<Methods>,
): Calls<Methods> {
  const { path, database, name } = from;
  let opened: (Opened<Methods> & { readonly db: DatabaseSync }) | undefined;

  function on(): Opened<Methods> {
    if (opened) return opened;
    const db = database ? prepareDatabase(database, { name, schema }) : openFile(path, schema);
    opened = { db, ...use(db) };
    return opened;
  }
  const commit = groupCommit(() => on().transactions);
  const damaged = (error: unknown): never => {
    throw damage(error, { name: database ? name : resolve(path), schema }) ?? error;
  };

  return {
    writing:
      (pick) =>
      (...args) =>
        commit.run(() => pick(on().methods)(...args)).catch(damaged),
    reads:
      (pick) =>
      (...args) =>
        reading(
          () => on().transactions,
          () => pick(on().methods)(...args),
        ).catch(damaged),
    open: async () => {
      try {
        on();
      } catch (error) {
        damaged(error);
      }
    },
    close: async () => {
      await commit.idle();
      if (!database) opened?.db.close();
      opened = undefined;
    },
  };
}
