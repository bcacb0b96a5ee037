import { setTimeout as wait } from "node:timers/promises";

/** Everything that is under way in a simulator, so that it can be waited for and ended. */
export interface Work {
  /** Counts a promise as work until it is settled. */
  track<T>(promise: Promise<T>): Promise<T>;
  /** Waits; rejects when the simulator is closed, or when the other signal says so. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Resolves once nothing is under way. */
  idle(): Promise<void>;
  /** Ends every wait at once. */
  end(): void;
}

export function createWork(): Work {
  const running = new Set<Promise<unknown>>();
  const ended = new AbortController();

  const idle = async (): Promise<void> => {
    if (running.size === 0) return;
    await Promise.allSettled(running);
    await idle();
  };

  return {
    async track(promise) {
      running.add(promise);
      try {
        return await promise;
      } finally {
        running.delete(promise);
      }
    },
    async sleep(ms, signal) {
      const either = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]);
      either.throwIfAborted();
      if (ms > 0) await wait(ms, undefined, { signal: either });
    },
    idle,
    end: () => ended.abort(),
  };
}
