/** The memory store's counters, by family and by subject. */
import type { SubjectKey } from "../acts.ts";
import { windowOf } from "../entries.ts";
import type { WindowAt } from "../store.ts";
import { type Counter, newCounter } from "./counters.ts";

export interface Families {
  /**
   * The counter in force for a window; one that has not begun where there is none, and nothing where
   * `now` lies outside the window asked for.
   */
  inForce(at: WindowAt, now: number): Counter | undefined;
  begin(counter: Counter): void;
  drop(counter: Counter): void;
  /** Whether a subject has other families, but not this one. */
  isNewTo(at: WindowAt): boolean;
  /** Every window of a subject. */
  of(subject: SubjectKey): readonly Counter[];
  /** Every window of a family. */
  windows(family: string): readonly Counter[];
  all(): Iterable<Counter>;
}

export function counterFamilies(): Families {
  /** By their time; no two overlap. */
  const families = new Map<string, readonly Counter[]>();
  /** Of each family the window that was in force the last time: nearly always it still is. */
  const latest = new Map<string, Counter>();
  const subjects = new Map<string, Set<string>>();

  function inForce(at: WindowAt, now: number): Counter | undefined {
    const counter = latest.get(at.family);
    return counter && isIn(counter.at, now) ? counter : otherInForce(at, now);
  }

  function otherInForce(at: WindowAt, now: number): Counter | undefined {
    const windows = families.get(at.family) ?? [];
    const before = windows.findLast((one) => one.at.start <= now);
    if (before && isIn(before.at, now)) {
      latest.set(at.family, before);
      return before;
    }
    if (!isIn(at, now)) return undefined;
    // Another zone's or another time's windows are never overlapped: the new one lies between them.
    const after = windows.find((one) => one.at.start > now);
    const start = Math.max(at.start, before?.at.end ?? at.start);
    const end = Math.min(at.end, after?.at.start ?? at.end);
    return newCounter({ ...windowOf(at), start, end });
  }

  function begin(counter: Counter): void {
    if (counter.begun) return;
    counter.begun = true;
    counter.whenBegun?.();
    counter.whenBegun = undefined;
    const { family } = counter.at;
    latest.set(family, counter);
    const windows = families.get(family);
    if (windows) {
      families.set(
        family,
        [...windows, counter].toSorted((a, b) => a.at.start - b.at.start),
      );
      return;
    }
    families.set(family, [counter]);
    const key = keyOf(counter.at);
    const ofSubject = subjects.get(key);
    if (ofSubject) ofSubject.add(family);
    else subjects.set(key, new Set([family]));
  }

  function drop(counter: Counter): void {
    counter.begun = false;
    const { family } = counter.at;
    const rest = (families.get(family) ?? []).filter((one) => one !== counter);
    latest.delete(family);
    if (rest.length > 0) {
      families.set(family, rest);
      return;
    }
    families.delete(family);
    const key = keyOf(counter.at);
    const ofSubject = subjects.get(key);
    ofSubject?.delete(family);
    if (ofSubject?.size === 0) subjects.delete(key);
  }

  const windows = (name: string): readonly Counter[] => families.get(name) ?? [];

  return {
    inForce,
    begin,
    drop,
    isNewTo: (at) => !families.has(at.family) && subjects.has(keyOf(at)),
    of: (subject) => [...(subjects.get(keyOf(subject)) ?? [])].flatMap(windows),
    windows,
    all: () => [...families.values()].flat(),
  };
}

export function isIn({ start, end }: Pick<WindowAt, "start" | "end">, at: number): boolean {
  return start <= at && at < end;
}

/** A scope never has a line break in it. */
function keyOf({ scope, subject }: SubjectKey): string {
  return `${scope}\n${subject}`;
}
