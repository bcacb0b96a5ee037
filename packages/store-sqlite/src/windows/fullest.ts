import { type CappedWindow, type FullestQuery, fullness } from "@assistants-budget/core/store";
import { stateOf } from "./counter.ts";
import type { Counters } from "./counters.ts";

/** The windows in force that have a cap, the fullest first. It looks at every window there is. */
export function fullest(
  counters: Counters,
  { scope, limit }: FullestQuery,
  now: number,
): readonly CappedWindow[] {
  return counters
    .capped(scope, now)
    .map((counter) => ({ ...stateOf(counter, now), cap: counter.cap ?? 0 }))
    .toSorted((a, b) => fullness(b) - fullness(a))
    .slice(0, limit);
}
