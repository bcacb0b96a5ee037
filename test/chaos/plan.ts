/** What one run of the chaos test is made of. All that is drawn in it is drawn from its seed. */
import type { PlantedFault } from "./planted-faults.ts";

export const STORES = ["sqlite", "redis", "postgres"] as const;
export type StoreName = (typeof STORES)[number];

export interface Plan {
  readonly store: StoreName;
  readonly seed: number;
  /** How long the storm lasts. */
  readonly ms: number;
  readonly processes: number;
  /** Of each process. */
  readonly runsAtOnce: number;
  readonly users: number;
  readonly tenants: number;
  /** The longest that the model usually thinks before a step: so many runs share a machine. */
  readonly pauseMs: number;
  /** After how much silence a stream is given up; longer than a busy machine makes anything wait. */
  readonly idleMs: number;
  /** How long a dead process keeps its holds. */
  readonly holdTtlMs: number;
  /** The mean time between two kills, two pauses, two restarts of the store, two calls of `recover()`, two acts of an operator. */
  readonly killEveryMs: number;
  readonly pauseEveryMs: number;
  readonly restartEveryMs: number;
  readonly recoverEveryMs: number;
  readonly actEveryMs: number;
  /** A fault in the store, to see whether it is found. */
  readonly planted?: PlantedFault;
}

type Run = Pick<Plan, "store" | "seed">;

/** What `chaos` starts. */
export function longForm(run: Run, minutes: number): Plan {
  return {
    ...run,
    ms: minutes * 60_000,
    processes: 4,
    runsAtOnce: 64,
    users: 50,
    tenants: 10,
    pauseMs: 6_000,
    idleMs: 15_000,
    holdTtlMs: 10_000,
    killEveryMs: 6_000,
    pauseEveryMs: 10_000,
    restartEveryMs: 15_000,
    recoverEveryMs: 4_000,
    actEveryMs: 500,
  };
}

/** What `test` runs for each store: the same on a scale that two cores carry beside other tests. */
export function shortForm(run: Run): Plan {
  return {
    ...run,
    ms: 7_000,
    processes: 2,
    runsAtOnce: 20,
    users: 16,
    tenants: 4,
    pauseMs: 1_200,
    idleMs: 4_000,
    holdTtlMs: 2_000,
    killEveryMs: 1_500,
    pauseEveryMs: 2_500,
    restartEveryMs: 2_500,
    recoverEveryMs: 1_500,
    actEveryMs: 120,
  };
}
