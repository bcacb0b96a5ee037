import type { WindowClaim } from "../store.ts";
import type { Taken } from "./counters.ts";
import { isIn } from "./families.ts";
import { counterFor } from "./seeding.ts";
import type { MemoryState } from "./state.ts";

const NONE: Taken = { counters: [], caps: [], start: 0, end: 0 };

/** The counters that claims are made of; nothing where `now` lies outside one of the windows asked for. */
export function takenBy(
  state: MemoryState,
  claims: readonly WindowClaim[],
  now: number,
): Taken | undefined {
  const first = claims[0];
  if (!first) return NONE;
  const counter = counterFor(state, first, now);
  if (!counter) return undefined;
  const { usual } = counter;
  if (usual && isIn(usual, now) && isMadeOf(usual, claims)) return usual;
  const counters = [counter];
  for (const claim of claims.slice(1)) {
    const other = counterFor(state, claim, now);
    if (!other) return undefined;
    counters.push(other);
  }
  return {
    counters,
    caps: claims.map(({ cap }) => cap),
    start: Math.max(...counters.map(({ at }) => at.start)),
    end: Math.min(...counters.map(({ at }) => at.end)),
  };
}

/** Comparing names is quicker than looking each of them up. */
function isMadeOf({ counters, caps }: Taken, claims: readonly WindowClaim[]): boolean {
  if (counters.length !== claims.length) return false;
  for (let i = 0; i < counters.length; i += 1) {
    const counter = counters[i];
    const claim = claims[i];
    if (!counter?.begun || counter.at.family !== claim?.family || caps[i] !== claim.cap)
      return false;
  }
  return true;
}
