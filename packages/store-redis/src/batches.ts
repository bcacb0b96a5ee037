/** Reserves and endings of holds: what is asked for at the same moment goes out in one script call. */
import { FULL } from "./lua/full.ts";
import { HOT } from "./lua/hot.ts";
import type { Operation } from "./operation.ts";
import type { ReadOptions } from "./options.ts";
import { type Replayed, replays } from "./replays.ts";
import { type Reply, list } from "./replies.ts";
import type { Call, Scripts } from "./script.ts";

/** How many go out together at most, so that no script holds the server up for long. */
const MOST = 32;

/** How many lines one script sums for a window that begins with a history. */
const SEED_PAGE = "1000";

/** What came of an operation: its reply, and the store's time. */
export interface Outcome {
  readonly reply: Reply;
  readonly now: number;
}

interface Waiting extends PromiseWithResolvers<Outcome> {
  readonly operation: Operation;
}

export function batches(
  scripts: Scripts,
  { keepMs }: ReadOptions,
): (operation: Operation) => Promise<Outcome> {
  const keep = String(keepMs);
  let waiting: Waiting[] = [];

  function fullCall(operations: readonly Operation[], isReplay: boolean): Call {
    const args = [keep, isReplay ? "1" : "", SEED_PAGE];
    for (const operation of operations) {
      const [packed, ...claims] = operation.full();
      args.push(packed, operation.kept, ...claims);
    }
    return { script: FULL, keys: [], args };
  }
  const replayed: Replayed = replays((operation) => fullCall([operation], true));

  function flush(): void {
    const all = waiting;
    waiting = [];
    if (all.length <= MOST) void inHot(all);
    else for (let i = 0; i < all.length; i += MOST) void inHot(all.slice(i, i + MOST));
  }

  async function inHot(batch: readonly Waiting[]): Promise<void> {
    const args = [keep];
    for (const { operation } of batch) args.push(operation.hot, operation.kept);
    let left: readonly Waiting[];
    try {
      left = await carryOut(batch, { script: HOT, keys: [], args });
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    if (left.length > 0) await inFull(left);
  }

  /** Each on its own terms: what fails or waits in company is carried out alone. */
  async function inFull(batch: readonly Waiting[]): Promise<void> {
    try {
      const operations = batch.map(({ operation }) => operation);
      const left = await carryOut(batch, fullCall(operations, false));
      await Promise.all(left.map((one) => inFull([one])));
    } catch (error) {
      const [one, ...others] = batch;
      if (others.length === 0) one?.reject(error);
      else await Promise.all(batch.map((alone) => inFull([alone])));
    }
  }

  /** Answers those that the script left. */
  async function carryOut(batch: readonly Waiting[], call: Call): Promise<readonly Waiting[]> {
    const again = (reply: Reply): readonly Call[] =>
      batch.flatMap(({ operation }, i) => replayed(operation, reply[i + 3]));
    const replies = await scripts.run({ ...call, again });
    const now = Number(replies[1]);
    return batch.filter(({ resolve }, i) => {
      const reply = replies[i + 3];
      if (reply === 0) return true;
      resolve({ reply: list(reply), now });
      return false;
    });
  }

  return (operation) => {
    const one = { operation, ...Promise.withResolvers<Outcome>() };
    // After everything that can go on now has gone on, and before anything new arrives.
    if (waiting.push(one) === 1) process.nextTick(flush);
    return one.promise;
  };
}
