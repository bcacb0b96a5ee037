/** What the store could not take: kept, and offered again until it does. */
export interface Pending<Work> {
  /** The same key offers the newer work instead of the older. */
  add(key: string, work: Work): void;
  /** Offers everything once more; throws nothing. */
  flush(): Promise<void>;
  /** Stops offering. */
  close(): void;
}

const PAUSE_MS = 1_000;

/**
 * No bound is needed: while the store is away nothing new is held, so no more can wait than was
 * running.
 *
 * @param offer Throws where it is worth trying again.
 */
export function pending<Work>(offer: (work: Work) => Promise<unknown>): Pending<Work> {
  const waiting = new Map<string, Work>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  async function once(key: string, work: Work): Promise<void> {
    try {
      await offer(work);
      if (waiting.get(key) === work) waiting.delete(key);
    } catch {
      // Still away: it stays in the queue.
    }
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    await Promise.all([...waiting].map(([key, work]) => once(key, work)));
    schedule();
  }

  function schedule(): void {
    if (waiting.size > 0 && !closed) timer ??= setTimeout(() => void flush(), PAUSE_MS);
  }

  return {
    add: (key, work) => {
      waiting.set(key, work);
      schedule();
    },
    flush,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
