/** Counters: what each window has spent and held. Every function runs inside a transaction. */
import type { DatabaseSync } from "node:sqlite";
import {
  type Entry,
  type WindowAt,
  type WindowState,
  isUnit,
  windowOf,
} from "@assistants-budget/core/store";
import { type Row, int, optionalInt, text } from "./rows.ts";

/** A window as it stands, and the row that it stands in; no row until something is held in it. */
export interface Counter {
  readonly id: number | undefined;
  readonly state: WindowState;
}

export interface Counters {
  /** The window in force, or nothing where `now` lies outside the one asked for. */
  find(at: WindowAt, now: number): Counter | undefined;
  /** The row's id; makes the row where there is none. */
  ensure(counter: Counter): number;
  hold(id: number, amount: number): void;
  /** Puts what was spent in the place of what was held. */
  spend(entry: Entry<number>, change: { spent: number; held: number; at: number }): void;
  state(id: number, now: number): WindowState;
}

export function counters(db: DatabaseSync): Counters {
  const begun = db.prepare(
    "SELECT * FROM counters WHERE family = ? AND start <= ? ORDER BY start DESC LIMIT 1",
  );
  const coming = db.prepare(
    "SELECT min(start) AS start FROM counters WHERE family = ? AND start > ?",
  );
  const byId = db.prepare("SELECT * FROM counters WHERE id = ?");
  const insert = db.prepare(
    `INSERT INTO counters (family, scope, subject, unit, period, zone, start, end, rolling)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const addHeld = db.prepare("UPDATE counters SET held = held + ? WHERE id = ?");
  const addBoth = db.prepare("UPDATE counters SET spent = spent + ?, held = held + ? WHERE id = ?");
  const addBucket = db.prepare(
    `INSERT INTO buckets (counter, bucket, spent, youngest) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE
     SET spent = spent + excluded.spent, youngest = max(youngest, excluded.youngest)`,
  );
  const takeBack = db.prepare(
    "UPDATE buckets SET spent = spent + ? WHERE counter = ? AND bucket = ?",
  );
  const dropBuckets = db.prepare("DELETE FROM buckets WHERE counter = ? AND youngest <= ?");
  const sumBuckets = db.prepare(
    `SELECT coalesce(sum(spent), 0) AS spent, min(iif(spent > 0, youngest, NULL)) AS oldest
     FROM buckets WHERE counter = ? AND youngest > ?`,
  );

  function stateOf(row: Row, now: number): WindowState {
    const rollingMs = optionalInt(row, "rolling");
    const unit = text(row, "unit");
    if (!isUnit(unit)) throw new TypeError(`column unit: found ${unit}`);
    const at = {
      family: text(row, "family"),
      scope: text(row, "scope"),
      subject: text(row, "subject"),
      unit,
      period: text(row, "period"),
      zone: text(row, "zone"),
      start: int(row, "start"),
      end: int(row, "end"),
      held: int(row, "held"),
    };
    if (rollingMs === undefined) return { ...at, spent: int(row, "spent") };
    const sums = sumBuckets.get(int(row, "id"), now - rollingMs);
    const oldest = optionalInt(sums, "oldest");
    return {
      ...at,
      rollingMs,
      spent: int(sums, "spent"),
      ...(oldest === undefined ? {} : { frees: oldest + rollingMs }),
    };
  }

  return {
    find: (at, now) => {
      const row = begun.get(at.family, now);
      const before = row ? int(row, "end") : at.start;
      if (row && now < before) return { id: int(row, "id"), state: stateOf(row, now) };
      if (now < at.start || now >= at.end) return undefined;
      // Another zone's or another time's windows are never overlapped: the new one lies between them.
      const after = optionalInt(coming.get(at.family, now), "start");
      const start = Math.max(at.start, before);
      const end = Math.min(at.end, after ?? at.end);
      return { id: undefined, state: { ...windowOf(at), start, end, spent: 0, held: 0 } };
    },
    ensure: ({ id, state }) => {
      if (id !== undefined) return id;
      const { family, scope, subject, unit, period, zone, start, end, rollingMs } = state;
      const values = [family, scope, subject, unit, period, zone, start, end] as const;
      return Number(insert.run(...values, rollingMs ?? null).lastInsertRowid);
    },
    hold: (id, amount) => void addHeld.run(amount, id),
    spend: ({ counter, bucket }, { spent, held, at }) => {
      if (bucket === undefined) {
        addBoth.run(spent, held, counter);
        return;
      }
      addHeld.run(held, counter);
      const index = Math.floor(at / bucket);
      if (spent > 0) addBucket.run(counter, index, spent, at);
      // What is given back to a bucket that has left is nobody's: never less than nothing is spent.
      if (spent < 0) takeBack.run(spent, counter, index);
      dropBuckets.run(counter, at - bucket * 63);
    },
    state: (id, now) => {
      const row = byId.get(id);
      if (!row) throw new RangeError(`no counter ${id}`);
      return stateOf(row, now);
    },
  };
}
