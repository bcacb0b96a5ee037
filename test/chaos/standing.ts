/** How a run stands: for the line that is printed, and for the tests. */
import type { AppProcesses } from "./app-processes.ts";
import { sumBy } from "./books.ts";
import type { BrokenRule } from "./broken-rule.ts";
import type { Tally } from "./clients.ts";
import type { Books } from "./ending.ts";
import type { Provider } from "./provider.ts";
import type { Sampled } from "./sampler.ts";
import type { TroubleLog } from "./troubles.ts";

export type Phase = "storm" | "calm" | "checking";

export interface Standing {
  readonly phase: Phase;
  /** Since the storm began, ms. */
  readonly ms: number;
  readonly runs: number;
  readonly answered: number;
  /** By scope: each time that a store said no. */
  readonly refused: ReadonlyMap<string, number>;
  readonly kills: number;
  readonly pauses: number;
  readonly faults: number;
  readonly restarts: number;
  readonly recoveries: number;
  readonly acts: number;
  /** What operators said, and how often. */
  readonly said: ReadonlyMap<string, number>;
  readonly looks: number;
  /** Nano-dollars. */
  readonly spent: number;
  readonly held: number;
  readonly maxOvershoot: number;
  /** What clients saw, and how often. */
  readonly seen: ReadonlyMap<string, number>;
  readonly broken: readonly BrokenRule[];
  /** Once the storm is over. */
  readonly books?: Books;
}

export function standingOf(parts: {
  readonly phase: Phase;
  readonly ms: number;
  readonly tally: Tally;
  readonly provider: Provider;
  readonly processes: AppProcesses;
  readonly sampled: Sampled;
  readonly log: TroubleLog;
  readonly broken: readonly BrokenRule[];
}): Standing {
  const { phase, ms, tally, provider, processes, sampled, log, broken } = parts;
  const { kills, pauses, restarts, recoveries, said } = log;
  const { looks, spent, held, maxOvershoot } = sampled;
  const { runs, answered, seen } = tally;
  return {
    phase,
    ms,
    runs,
    answered,
    seen,
    broken,
    kills,
    pauses,
    restarts,
    recoveries,
    acts: said.size,
    said: sumBy([...said.values()], ({ word }) => [word.word, 1]),
    faults: provider.faults(),
    refused: refusedBy(processes.lives),
    looks,
    spent,
    held,
    maxOvershoot,
  };
}

function refusedBy(
  lives: readonly { readonly refused: Readonly<Record<string, number>> }[],
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { refused } of lives) {
    for (const [scope, count] of Object.entries(refused))
      sums.set(scope, (sums.get(scope) ?? 0) + count);
  }
  return sums;
}
