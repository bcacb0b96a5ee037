/** Which windows there are: by family, by subject, by time. */
import type { DatabaseSync } from "node:sqlite";
import type { SubjectKey, WindowAt } from "@assistants-budget/core/store";
import { type Row, int, optionalInt } from "../file/rows.ts";

/** So many windows of a family are kept however old they are: a clock that leaps forgets nothing. */
const KEPT = 32;

/** How many old windows go when a new one begins. */
const PURGED = 8;

/** Gives back ids. */
export interface WindowSearch {
  /** The last window of a family that has begun by then: `id` and `end`. */
  begun(family: string, now: number): Row | undefined;
  /** When the next window of a family begins. */
  coming(family: string, now: number): number | undefined;
  isNewTo(at: WindowAt): boolean;
  ofFamily(family: string): readonly number[];
  of(key: SubjectKey): readonly number[];
  capped(scope: string | undefined, now: number): readonly number[];
  /** The oldest windows of a family that ended before then and in which nothing is held. */
  old(family: string, before: number): readonly number[];
}

export function windowSearch(db: DatabaseSync): WindowSearch {
  const begun = db.prepare(
    "SELECT id, end FROM windows WHERE family = ? AND start <= ? ORDER BY start DESC LIMIT 1",
  );
  const coming = db.prepare(
    "SELECT min(start) AS start FROM windows WHERE family = ? AND start > ?",
  );
  const isNewTo = db.prepare(
    `SELECT EXISTS (SELECT 1 FROM windows WHERE subject = ? AND scope = ?)
        AND NOT EXISTS (SELECT 1 FROM windows WHERE family = ?) AS yes`,
  );
  const ofFamily = db.prepare("SELECT id FROM windows WHERE family = ? ORDER BY start");
  const ofSubject = db.prepare(
    "SELECT id FROM windows WHERE subject = ? AND scope = ? ORDER BY id",
  );
  const capped = db.prepare(
    `SELECT id FROM windows WHERE cap IS NOT NULL AND start <= $now AND end > $now
     AND ($scope IS NULL OR scope = $scope) ORDER BY id`,
  );
  const old = db.prepare(
    `SELECT w.id FROM windows w JOIN counters c ON c.id = w.id
     WHERE w.family = $family AND w.end < $before AND c.held = 0 AND w.start < (
       SELECT start FROM windows WHERE family = $family ORDER BY start DESC LIMIT 1 OFFSET ${KEPT - 1}
     ) ORDER BY w.start LIMIT ${PURGED}`,
  );

  return {
    begun: (family, now) => begun.get(family, now),
    coming: (family, now) => optionalInt(coming.get(family, now), "start"),
    isNewTo: ({ family, scope, subject }) => int(isNewTo.get(subject, scope, family), "yes") === 1,
    ofFamily: (family) => ofFamily.all(family).map(idOf),
    of: ({ scope, subject }) => ofSubject.all(subject, scope).map(idOf),
    capped: (scope, now) => capped.all({ scope: scope ?? null, now }).map(idOf),
    old: (family, before) => old.all({ family, before }).map(idOf),
  };
}

function idOf(row: Row): number {
  return int(row, "id");
}
