/** Windows by how full they are. */
import type { WindowState } from "./store.ts";

/** A window in force, and the cap that was last claimed of it. */
export interface CappedWindow extends WindowState {
  readonly cap: number;
}

export interface FullestQuery {
  /** Only subjects of this scope. */
  readonly scope?: string;
  readonly limit: number;
}

/** Spent and held as a part of cap and credit; a window of nothing is full. */
export function fullness({ spent, held, cap, credit }: CappedWindow): number {
  const limit = cap + credit;
  return limit === 0 ? 1 : (spent + held) / limit;
}
