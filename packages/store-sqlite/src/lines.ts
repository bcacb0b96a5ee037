/** The ledger's lines: written once, never changed. */
import type { DatabaseSync } from "node:sqlite";
import type { Charge, HoldFacts, LedgerLine, LineQuery } from "@assistants-budget/core/store";
import { type Row, int, json, optionalInt, text } from "./rows.ts";

export interface Lines {
  write(line: Omit<LedgerLine, "id">): LedgerLine;
  /** The line that ended a hold. */
  charge(hold: string): LedgerLine | undefined;
  corrected(hold: string): boolean;
  readonly read: (query: LineQuery) => readonly LedgerLine[];
}

export function lines(db: DatabaseSync): Lines {
  const insert = db.prepare(
    `INSERT INTO lines (hold, kind, at, user, run, nano, known, ceiling, overrun, charge, facts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const byHold = db.prepare("SELECT * FROM lines WHERE hold = ? AND kind = ?");
  const page = db.prepare(
    `SELECT * FROM lines
     WHERE id > $after AND ($user IS NULL OR user = $user) AND ($run IS NULL OR run = $run)
     ORDER BY id LIMIT $limit`,
  );

  function write(line: Omit<LedgerLine, "id">): LedgerLine {
    const { hold, kind, at, charge, facts, ceiling, overrun } = line;
    const columns = [hold, kind, at, facts.user, facts.run, charge.nano, charge.known] as const;
    const texts = [JSON.stringify(charge), JSON.stringify(facts)] as const;
    const { lastInsertRowid } = insert.run(...columns, ceiling, overrun ?? null, ...texts);
    return { id: String(lastInsertRowid), ...line };
  }

  return {
    write,
    charge: (hold) => {
      const row = byHold.get(hold, "charge");
      return row && lineOf(row);
    },
    corrected: (hold) => byHold.get(hold, "correction") !== undefined,
    read: ({ after, user, run, limit = 1000 }) =>
      page
        .all({ after: Number(after ?? 0), user: user ?? null, run: run ?? null, limit })
        .map(lineOf),
  };
}

function lineOf(row: Row): LedgerLine {
  const overrun = optionalInt(row, "overrun");
  return {
    id: String(int(row, "id")),
    hold: text(row, "hold"),
    kind: text(row, "kind") === "correction" ? "correction" : "charge",
    at: int(row, "at"),
    charge: json<Charge>(row, "charge"),
    facts: json<HoldFacts>(row, "facts"),
    ceiling: int(row, "ceiling"),
    ...(overrun === undefined ? {} : { overrun }),
  };
}
