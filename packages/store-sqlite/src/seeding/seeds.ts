/** Which windows were seeded with which lines: what is said of these later counts there, too. */
import type { DatabaseSync } from "node:sqlite";
import type { HoldFacts } from "@assistants-budget/core/store";
import { int, optionalInt } from "../file/rows.ts";
import { BUILT_IN, type ChargesOf } from "./past.ts";

export interface Seeds {
  /** Remembers that a window was seeded with all that is written so far. */
  add(whose: ChargesOf, counter: number, cap: number | null): void;
  /** The windows that were seeded with a charge. */
  of(charged: {
    readonly id: string;
    readonly at: number;
    readonly facts: HoldFacts;
  }): readonly { readonly counter: number; readonly cap: number | null }[];
  /** Puts one user in another's place. */
  readonly rename: (user: string, into: string) => void;
}

export function seeds(db: DatabaseSync): Seeds {
  const last = db.prepare("SELECT coalesce(max(id), 0) AS id FROM lines");
  const insert = db.prepare(
    "INSERT INTO seeds (scope, subject, counter, line, since, until, cap) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const columns = "SELECT counter, cap FROM seeds WHERE line >= ? AND since <= ? AND until > ?";
  const ofSubject = db.prepare(`${columns} AND scope = ? AND subject = ?`);
  const ofApp = db.prepare(`${columns} AND scope = 'app'`);
  const rename = db.prepare(
    "UPDATE OR IGNORE seeds SET subject = ? WHERE scope = 'user' AND subject = ?",
  );
  const remove = db.prepare("DELETE FROM seeds WHERE scope = 'user' AND subject = ?");

  return {
    add: ({ scope, names, since, until }, counter, cap) => {
      const line = int(last.get(), "id");
      for (const name of names) insert.run(scope, name, counter, line, since, until, cap);
    },
    of: ({ id, at, facts }) => {
      const when = [Number(id), at, at] as const;
      const { user, thread, run } = facts;
      const own = Object.entries(facts.subjects ?? {}).filter(([scope]) => !BUILT_IN.has(scope));
      const subjects = [...Object.entries({ user, thread, run }), ...own];
      const rows = subjects.flatMap((subject) => ofSubject.all(...when, ...subject));
      return [...rows, ...ofApp.all(...when)].map((row) => ({
        counter: int(row, "counter"),
        cap: optionalInt(row, "cap") ?? null,
      }));
    },
    rename: (user, into) => {
      rename.run(into, user);
      // A window that was seeded with both names needs to be found only once.
      remove.run(user);
    },
  };
}
