/** What the store could not take: kept, and offered again until it does. */
import pMap from "p-map";
import type { KeptCharges } from "./kept-charges.ts";

export interface Pending<Work> {
  /** How much is waiting. */
  readonly size: number;
  /** The same key offers the newer work instead of the older; `keep: false` is not worth a disk. */
  add(key: string, work: Work, how?: { readonly keep: boolean }): void;
  /** What is waiting. */
  left(): Iterable<Work>;
  /** Offers what waits under a key, if anything; false where it is still waiting. */
  settled(key: string): Promise<boolean>;
  /** Takes up what an earlier process left behind. */
  resume(): Promise<void>;
  /** Offers everything once more; throws nothing. */
  flush(): Promise<void>;
  /** Stops offering. */
  close(): void;
}

const PAUSE_MS = 1_000;
const AT_ONCE = 32;

/**
 * @param offer Throws where it is worth trying again.
 * @param kept Where work waits that must outlive the process: plain data, told as JSON.
 */
export function pending<Work>(
  offer: (work: Work) => Promise<unknown>,
  kept?: {
    readonly charges: KeptCharges;
    readonly warn: (message: string) => void;
    /** What lies on a disk may be anything. */
    readonly isWork: (value: unknown) => value is Work;
  },
): Pending<Work> {
  const waiting = new Map<string, Work>();
  /** Writes to the disk, one after the other. */
  let written: Promise<unknown> = Promise.resolve();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function keep(write: (charges: KeptCharges) => Promise<void>): void {
    if (!kept) return;
    const { charges, warn } = kept;
    written = written
      .then(() => write(charges))
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        warn(
          `${charges.name} failed, so what waits there would be lost with this process: ${reason}`,
        );
      });
  }

  async function once(key: string, work: Work): Promise<void> {
    try {
      await offer(work);
      if (waiting.get(key) !== work) return;
      waiting.delete(key);
      keep((charges) => charges.delete(key));
    } catch {
      // Still away: it stays in the queue.
    }
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // A store that is still away is asked once, not by all.
    const [first, ...rest] = [...waiting];
    if (first) await once(...first);
    if (first && waiting.get(first[0]) === first[1]) {
      // Next time it is another one's turn: this one may have a fault of its own.
      waiting.delete(first[0]);
      waiting.set(...first);
    } else await pMap(rest, ([key, work]) => once(key, work), { concurrency: AT_ONCE });
    await written;
    schedule();
  }

  function schedule(): void {
    if (waiting.size > 0 && !closed) timer ??= setTimeout(() => void flush(), PAUSE_MS);
  }

  return {
    get size() {
      return waiting.size;
    },
    add: (key, work, how) => {
      waiting.set(key, work);
      if (how?.keep !== false) keep((charges) => charges.put(key, JSON.stringify(work)));
      schedule();
    },
    left: () => waiting.values(),
    settled: async (key) => {
      const work = waiting.get(key);
      if (work !== undefined) await once(key, work);
      return !waiting.has(key);
    },
    resume: async () => {
      for (const { key, value } of (await kept?.charges.all()) ?? []) {
        const work = parsed(value);
        if (kept?.isWork(work)) waiting.set(key, waiting.get(key) ?? work);
        else
          kept?.warn(
            `${kept.charges.name} has something under ${key} that is no charge for this store: left there`,
          );
      }
      schedule();
    },
    flush,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
