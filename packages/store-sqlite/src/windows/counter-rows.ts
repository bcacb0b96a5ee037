/** Windows as rows: what never changes in one table, what every step changes in another. */
import type { DatabaseSync } from "node:sqlite";
import { type Noticed, type WindowAt, isUnit } from "@assistants-budget/core/store";
import { type Row, int, json, optionalInt, text } from "../file/rows.ts";
import { type Counter, newCounter } from "./counter.ts";

export interface CounterRows {
  /** Where it was merged away, the one that it went into. */
  read(id: number): Counter | undefined;
  /** Gives back its id; the sums are written later. */
  insert(counter: Counter): number;
  /** Their sums and buckets. */
  write(counters: readonly Counter[]): void;
  readonly describe: (counter: Counter) => void;
  move(id: number, into: number): void;
  rename(id: number, at: WindowAt): void;
  drop(id: number): void;
}

/** So many rows of sums are written by one statement: half the work of a statement each. */
const MANY = 16;

function sums({ id, spent, held }: Counter): [id: number, spent: number, held: number] {
  return [id, spent, held];
}

export function counterRows(db: DatabaseSync): CounterRows {
  const one = db.prepare(
    "SELECT w.*, c.spent, c.held FROM windows w JOIN counters c ON c.id = w.id WHERE w.id = ?",
  );
  const bucketsOf = db.prepare("SELECT bucket, spent, youngest FROM buckets WHERE counter = ?");
  const insert = db.prepare(
    `INSERT INTO windows (family, scope, subject, unit, period, zone, start, end, rolling, credit, cap)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const put = db.prepare("INSERT OR REPLACE INTO counters (id, spent, held) VALUES (?, ?, ?)");
  const putMany = db.prepare(
    `INSERT OR REPLACE INTO counters (id, spent, held) VALUES ${Array(MANY).fill("(?, ?, ?)").join(", ")}`,
  );
  const putBucket = db.prepare(
    "INSERT OR REPLACE INTO buckets (counter, bucket, spent, youngest) VALUES (?, ?, ?, ?)",
  );
  const dropBucket = db.prepare("DELETE FROM buckets WHERE counter = ? AND bucket = ?");
  const describe = db.prepare("UPDATE windows SET credit = ?, cap = ?, noticed = ? WHERE id = ?");
  // Its name is free for a window to come.
  const move = db.prepare(
    "UPDATE windows SET moved = ?, family = '', scope = '', subject = '', start = id, cap = NULL WHERE id = ?",
  );
  const rename = db.prepare("UPDATE windows SET family = ?, subject = ? WHERE id = ?");
  const drop = ["windows WHERE id", "counters WHERE id", "buckets WHERE counter"].map((rest) =>
    db.prepare(`DELETE FROM ${rest} = ?`),
  );

  function counterOf(row: Row): Counter {
    const counter: Counter = {
      ...newCounter(windowAt(row)),
      id: int(row, "id"),
      spent: int(row, "spent"),
      held: int(row, "held"),
      credit: int(row, "credit"),
      cap: optionalInt(row, "cap"),
      noticed: row["noticed"] === null ? undefined : json<Noticed>(row, "noticed"),
    };
    if (counter.buckets)
      for (const bucket of bucketsOf.all(counter.id))
        counter.buckets.set(int(bucket, "bucket"), {
          spent: int(bucket, "spent"),
          youngest: int(bucket, "youngest"),
        });
    return counter;
  }

  function writeBuckets({ id, buckets, changed }: Counter): void {
    if (changed.size === 0) return;
    for (const index of changed) {
      const bucket = buckets?.get(index);
      if (bucket) putBucket.run(id, index, bucket.spent, bucket.youngest);
      else dropBucket.run(id, index);
    }
    changed.clear();
  }

  return {
    read: (id) => {
      let row = one.get(id);
      for (let into = optionalInt(row, "moved"); into !== undefined;) {
        row = one.get(into);
        into = optionalInt(row, "moved");
      }
      return row && counterOf(row);
    },
    insert: ({ at, credit, cap }) => {
      const { family, scope, subject, unit, period, zone, start, end, rollingMs } = at;
      const values = [family, scope, subject, unit, period, zone, start, end] as const;
      const { lastInsertRowid } = insert.run(...values, rollingMs ?? null, credit, cap ?? null);
      put.run(lastInsertRowid, 0, 0);
      return Number(lastInsertRowid);
    },
    write: (counters) => {
      let from = 0;
      for (; from + MANY <= counters.length; from += MANY)
        putMany.run(...counters.slice(from, from + MANY).flatMap(sums));
      for (const counter of counters.slice(from)) put.run(...sums(counter));
      for (const counter of counters) writeBuckets(counter);
    },
    describe: ({ id, credit, cap, noticed }) =>
      void describe.run(credit, cap ?? null, noticed ? JSON.stringify(noticed) : null, id),
    move: (id, into) => {
      for (const statement of drop.slice(1)) statement.run(id);
      put.run(id, 0, 0);
      move.run(into, id);
    },
    rename: (id, { family, subject }) => void rename.run(family, subject, id),
    drop: (id) => {
      for (const statement of drop) statement.run(id);
    },
  };
}

function windowAt(row: Row): WindowAt {
  const unit = text(row, "unit");
  if (!isUnit(unit)) throw new TypeError(`column unit: found ${unit}`);
  const rollingMs = optionalInt(row, "rolling");
  const at = {
    family: text(row, "family"),
    scope: text(row, "scope"),
    subject: text(row, "subject"),
    unit,
    period: text(row, "period"),
    zone: text(row, "zone"),
    start: int(row, "start"),
    end: int(row, "end"),
  };
  return rollingMs === undefined ? at : { ...at, rollingMs };
}
