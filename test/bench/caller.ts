/** A process that is one contestant, and calls it as often as it can for a while. */
import { setTimeout as sleep } from "node:timers/promises";
import { answerJobs } from "./children.ts";
import { CONTESTANTS, type ContestantName } from "./contestants/contestants.ts";
import { type Load, load } from "./load.ts";

export interface CallerJob {
  readonly contestant: ContestantName;
  /** A path or a URL. */
  readonly place: string;
  readonly lanes: number;
  readonly ms: number;
  /** Epoch ms: when several processes begin together. */
  readonly startAt?: number;
}

export interface CallerDone extends Load {
  /** Calls that failed, of all. */
  readonly failed: number;
  readonly firstError: string | undefined;
}

let opened: ReturnType<(typeof CONTESTANTS)[ContestantName]> | undefined;

answerJobs(
  async ({ contestant, place, lanes, ms, startAt = 0 }: CallerJob): Promise<CallerDone> => {
    const call = await (opened ??= CONTESTANTS[contestant](place));
    if (startAt > 0) await sleep(startAt - Date.now());
    let failed = 0;
    let firstError: string | undefined;
    const counted = (): Promise<unknown> =>
      call().catch((error: unknown) => {
        failed += 1;
        firstError ??= String(error);
      });
    const done = await load(counted, { lanes, ms });
    return { ...done, failed, firstError };
  },
);
