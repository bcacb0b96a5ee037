/** Whose steps lines and holds are: a row for each thread of a user, and the last line of each. */
import type { DatabaseSync } from "node:sqlite";
import { int } from "../file/rows.ts";

interface Origin {
  readonly user: string;
  readonly thread: string;
}

export interface Origins {
  /** The row's number; makes the row where there is none. */
  idOf(origin: Origin): number;
  /** The last line of an origin; 0 where there is none. */
  last(id: number): number;
  extend(id: number, line: number): void;
  /** Puts one user in another's place. */
  rename(user: string, into: string): void;
  flush(): void;
  clear(): void;
}

/** How many are remembered between transactions. */
const MOST = 20_000;

/** The ids of all lines of some origins that were written after a line, as a common table `mine`. */
export function linesOf(whose: string, after: string): string {
  return `WITH RECURSIVE mine (id) AS (
    SELECT last FROM chains WHERE origin IN (SELECT id FROM origins WHERE ${whose}) AND last > ${after}
    UNION ALL SELECT l.before FROM mine JOIN lines l ON l.id = mine.id WHERE l.before > ${after}
  )`;
}

export function origins(db: DatabaseSync): Origins {
  const find = db.prepare("SELECT id FROM origins WHERE thread = ? AND user = ?");
  const insert = db.prepare("INSERT INTO origins (thread, user) VALUES (?, ?)");
  const lastOf = db.prepare("SELECT last FROM chains WHERE origin = ?");
  const put = db.prepare("INSERT OR REPLACE INTO chains (origin, last) VALUES (?, ?)");
  const move = db.prepare("UPDATE origins SET user = ? WHERE user = ?");
  const ids = new Map<string, number>();
  const lasts = new Map<number, number>();
  const changed = new Set<number>();

  return {
    idOf: ({ user, thread }) => {
      // No name has a control character.
      const key = `${thread}\n${user}`;
      const known = ids.get(key);
      if (known !== undefined) return known;
      const row = find.get(thread, user);
      const id = row ? int(row, "id") : Number(insert.run(thread, user).lastInsertRowid);
      if (ids.size >= MOST) ids.clear();
      ids.set(key, id);
      return id;
    },
    last: (id) => {
      const known = lasts.get(id);
      if (known !== undefined) return known;
      const row = lastOf.get(id);
      return row ? int(row, "last") : 0;
    },
    extend: (id, line) => {
      lasts.set(id, line);
      changed.add(id);
    },
    rename: (user, into) => {
      move.run(into, user);
      ids.clear();
    },
    flush: () => {
      for (const id of changed) put.run(id, lasts.get(id) ?? 0);
      changed.clear();
      if (lasts.size >= MOST) lasts.clear();
    },
    clear: () => {
      ids.clear();
      lasts.clear();
      changed.clear();
    },
  };
}
