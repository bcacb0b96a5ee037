/** What the store could not take yet: kept, and offered again until it does. */
import type { Charge } from "./store.ts";

/** How a hold is to end: with a charge, or without one. */
export type End = { readonly hold: string; readonly charge: Charge | undefined };

export interface Unsettled {
  add(end: End): void;
  /** Offers everything once more; throws nothing. */
  flush(): Promise<void>;
  close(): void;
}

const PAUSE_MS = 1_000;

/** No bound is needed: while the store is away nothing new is held, so no more can wait than was running. */
export function unsettled(offer: (end: End) => Promise<unknown>): Unsettled {
  const waiting = new Map<string, End>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const ends = [...waiting.values()];
    await Promise.all(
      ends.map(async (end) => {
        try {
          await offer(end);
          waiting.delete(end.hold);
        } catch {
          // Still away: it stays in the queue.
        }
      }),
    );
    if (waiting.size > 0) schedule();
  }

  function schedule(): void {
    timer ??= setTimeout(() => void flush(), PAUSE_MS);
  }

  return {
    add: (end) => {
      waiting.set(end.hold, end);
      schedule();
    },
    flush,
    close: () => clearTimeout(timer),
  };
}
