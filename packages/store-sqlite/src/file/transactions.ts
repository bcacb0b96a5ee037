/** Transactions on one database, and the image of it in memory that they share. */
import type { DatabaseSync } from "node:sqlite";
import { int } from "./rows.ts";

/** What is remembered of the database between transactions. */
export interface Image {
  /** A transaction begins: time goes on. */
  begin(): void;
  /** Writes what was changed in memory. */
  flush(): void;
  /** Remembers nothing any more. */
  clear(): void;
  /** Forgets where it has grown too large. */
  trim(): void;
}

export const NO_IMAGE: Image = {
  begin: () => undefined,
  flush: () => undefined,
  clear: () => undefined,
  trim: () => undefined,
};

export interface Transactions {
  /** Takes the file for writing; throws while another process has it. */
  readonly begin: () => void;
  /** Everything that is read from here on is of one moment. */
  readonly beginReading: () => void;
  readonly commit: () => void;
  readonly rollBack: () => void;
}

/** A store's methods, each as a function to be run inside one transaction. */
export type Transacted<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends (...a: infer A) => Promise<infer R>
    ? (...a: A) => R
    : never;
};

export function transactions(db: DatabaseSync, image: Image): Transactions {
  // Other connections' commits show in the one, other hands on this connection in the other.
  const version = db.prepare("PRAGMA data_version");
  const changes = db.prepare("SELECT total_changes() AS changes");
  let seen: number | undefined;
  let made: number | undefined;

  const changesMade = (): number => int(changes.get(), "changes");

  /** Begins, and looks whether what is remembered still holds. */
  function begin(how: string): void {
    db.exec(how);
    try {
      const now = int(version.get(), "data_version");
      const all = changesMade();
      if (now !== seen || all !== made) image.clear();
      seen = now;
      made = all;
      image.begin();
    } catch (error) {
      // The first look at the file may find it locked; nothing is left open.
      rollBack();
      throw error;
    }
  }

  function rollBack(): void {
    image.clear();
    made = undefined;
    // SQLite has rolled some failures back by itself; once more is an error that says so.
    try {
      db.exec("ROLLBACK");
    } catch {
      // Nothing was open.
    }
  }

  return {
    begin: () => begin("BEGIN IMMEDIATE"),
    beginReading: () => begin("BEGIN"),
    commit: () => {
      image.flush();
      db.exec("COMMIT");
      made = changesMade();
      image.trim();
    },
    rollBack,
  };
}
