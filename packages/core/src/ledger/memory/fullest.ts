import { type CappedWindow, type FullestQuery, fullness } from "../fullest.ts";
import { type Counter, stateOf } from "./counters.ts";
import { isIn } from "./families.ts";

/** The windows in force that have a cap, the fullest first. It looks at every window there is. */
export function fullestOf(
  counters: Iterable<Counter>,
  { scope, limit }: FullestQuery,
  now: number,
): readonly CappedWindow[] {
  const capped: CappedWindow[] = [];
  for (const counter of counters) {
    const { at, cap } = counter;
    if (cap === null || (scope !== undefined && at.scope !== scope) || !isIn(at, now)) continue;
    capped.push({ ...stateOf(counter, now), cap });
  }
  return capped.toSorted((a, b) => fullness(b) - fullness(a)).slice(0, limit);
}
