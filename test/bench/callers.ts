/** Contestants in processes of their own, as runners of a round. */
import type { Bench } from "./bench.ts";
import type { CallerDone, CallerJob } from "./caller.ts";
import { type Child, startChild } from "./children.ts";
import type { Runner } from "./rounds.ts";

type Caller = Child<CallerJob, CallerDone>;

/** A process that is one contestant. */
export function startCaller({ closing }: Pick<Bench, "closing">): Caller {
  return startChild<CallerJob, CallerDone>(new URL("./caller.ts", import.meta.url), closing);
}

export interface Contest extends Pick<CallerJob, "contestant" | "place"> {
  readonly name: string;
  readonly isOurs?: boolean;
  /** Its processes, which share the calls that are under way. */
  readonly callers: readonly Caller[];
}

/** Measures calls a second, with so many at once in all processes together. */
export function callsPerSecond(contest: Contest, lanes: number, ms: number): Runner {
  const { name, isOurs = false, callers, contestant, place } = contest;
  const job = { contestant, place, lanes: lanes / callers.length, ms };
  return {
    name,
    isOurs,
    measure: async () => {
      const startAt = Date.now() + 20;
      const done = await Promise.all(callers.map((caller) => caller.ask({ ...job, startAt })));
      const error = done.find(({ failed }) => failed > 0)?.firstError;
      if (error !== undefined) throw new Error(`${name}: ${error}`);
      return {
        value: done.reduce((sum, { perSecond }) => sum + perSecond, 0),
        p99: Math.max(...done.map(({ p99 }) => p99)),
      };
    },
  };
}
