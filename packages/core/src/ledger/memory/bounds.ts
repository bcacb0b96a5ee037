import type { Families } from "./families.ts";
import type { Holds } from "./holds.ts";

/**
 * Drops windows of which nothing can be asked any more, when holds have been forgotten that all began
 * `before`: those that had ended by then, and those of runs, of which no hold is remembered. Nothing is
 * held in them, nothing can be corrected there, and a clock that is wrong for a moment forgets nothing:
 * holds are forgotten after a month of many others.
 */
export function dropOldWindows(families: Families, holds: Holds, before: number): void {
  const remembered = new Set([...holds.all()].flatMap(({ taken }) => taken.counters));
  for (const counter of families.all()) {
    const isOver = counter.at.end <= before || counter.at.scope === "run";
    if (isOver && counter.held === 0 && !remembered.has(counter)) families.drop(counter);
  }
}
