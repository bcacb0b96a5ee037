/** The windows' image in memory: read once, changed here, written before the transaction commits. */
import type { DatabaseSync } from "node:sqlite";
import { type SubjectKey, type WindowAt, windowOf } from "@assistants-budget/core/store";
import { int } from "../file/rows.ts";
import { counterRows } from "./counter-rows.ts";
import { type Counter, newCounter } from "./counter.ts";
import { windowSearch } from "./search.ts";

/** How many counters are remembered between transactions. */
const MOST = 50_000;

/** Every function runs inside a transaction. */
export interface Counters {
  /**
   * The window in force; one that is not begun yet where there is none, and nothing where `now` lies
   * outside the one asked for.
   */
  find(at: WindowAt, now: number): Counter | undefined;
  /** By the row's id; where it was merged away, the one that it went into. */
  readonly byId: (id: number) => Counter | undefined;
  /** Writes the row of one that is not begun yet, and lets go of its oldest predecessors. */
  begin(counter: Counter, now: number): void;
  /** Its sums have changed. */
  touch(counter: Counter): void;
  /** Writes credit, cap and last notice, which seldom change. */
  readonly describe: (counter: Counter) => void;
  /** Whether a subject has other families, but not this one. */
  isNewTo(at: WindowAt): boolean;
  /** Every window of a family. */
  ofFamily(family: string): readonly Counter[];
  /** Every window of a subject. */
  of(key: SubjectKey): readonly Counter[];
  /** The windows in force that have a cap. */
  capped(scope: string | undefined, now: number): readonly Counter[];
  /** All that is in one window goes into another one, which stands for it from now on. */
  pour(from: Counter, into: Counter): void;
  /** Gives a window to another subject. */
  rename(counter: Counter, at: WindowAt): void;
  /** Writes what has changed. */
  readonly flush: () => void;
  /** Another hand may have been at the file: nothing is remembered. */
  clear(): void;
  /** Whether it is time to forget. */
  isFull(): boolean;
}

export function counters(db: DatabaseSync, keepMs: number): Counters {
  const rows = counterRows(db);
  const search = windowSearch(db);
  /** The window of a family that was last in force. */
  const current = new Map<string, Counter>();
  const ids = new Map<number, Counter>();
  const changed = new Set<Counter>();

  function remember(counter: Counter): Counter {
    const before = ids.get(counter.id);
    if (before) return before;
    ids.set(counter.id, counter);
    return counter;
  }

  function byId(id: number): Counter | undefined {
    const found = ids.get(id);
    if (found) return found;
    const read = rows.read(id);
    return read && remember(read);
  }

  const all = (found: readonly number[]): readonly Counter[] =>
    found.flatMap((id) => byId(id) ?? []);

  function purge(family: string, now: number): void {
    for (const id of search.old(family, now - keepMs)) {
      const counter = ids.get(id);
      if (counter && (counter.held !== 0 || changed.has(counter))) continue;
      ids.delete(id);
      rows.drop(id);
    }
  }

  return {
    find: (at, now) => {
      const last = current.get(at.family);
      if (last && last.at.start <= now && now < last.at.end) return last;
      const begun = search.begun(at.family, now);
      const before = begun ? int(begun, "end") : at.start;
      if (begun && now < before) {
        const counter = byId(int(begun, "id"));
        if (counter) current.set(at.family, counter);
        return counter;
      }
      if (now < at.start || now >= at.end) return undefined;
      // Another zone's or another time's windows are never overlapped: the new one lies between them.
      const start = Math.max(at.start, before);
      const end = Math.min(at.end, search.coming(at.family, now) ?? at.end);
      return newCounter({ ...windowOf(at), start, end });
    },
    byId,
    begin: (counter, now) => {
      if (counter.id !== 0) return;
      counter.id = rows.insert(counter);
      ids.set(counter.id, counter);
      changed.add(counter);
      purge(counter.at.family, now);
    },
    touch: (counter) => void changed.add(counter),
    describe: rows.describe,
    isNewTo: (at) => search.isNewTo(at),
    ofFamily: (family) => all(search.ofFamily(family)),
    of: (key) => all(search.of(key)),
    capped: (scope, now) => all(search.capped(scope, now)),
    pour: (from, into) => {
      into.spent += from.spent;
      into.held += from.held;
      into.credit += from.credit;
      // Not `addToBucket`: what was given back since was charged all the same, and dates its bucket.
      for (const [index, { spent, youngest }] of from.buckets ?? []) {
        const bucket = into.buckets?.get(index) ?? { spent: 0, youngest };
        bucket.spent += spent;
        bucket.youngest = Math.max(bucket.youngest, youngest);
        into.buckets?.set(index, bucket);
        into.changed.add(index);
      }
      rows.describe(into);
      rows.move(from.id, into.id);
      ids.delete(from.id);
      changed.delete(from);
      changed.add(into);
      current.delete(from.at.family);
    },
    rename: (counter, at) => {
      const renamed = { ...counter, at };
      rows.rename(counter.id, at);
      current.delete(counter.at.family);
      ids.set(counter.id, renamed);
      if (changed.delete(counter)) changed.add(renamed);
    },
    flush: () => {
      rows.write([...changed]);
      changed.clear();
    },
    clear: () => {
      current.clear();
      ids.clear();
      changed.clear();
    },
    isFull: () => ids.size > MOST,
  };
}
