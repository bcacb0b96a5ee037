import type { CappedWindow, FullestQuery } from "@assistants-budget/core/store";
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

/** A window of nothing is full. */
function fullness({ spent, held, cap, credit }: CappedWindow): number {
  const limit = cap + credit;
  return limit === 0 ? 1 : (spent + held) / limit;
}
