/** Steps that wait for money that running calls hold. */

export interface Waiting {
  /** Resolves when one of these families has been settled or released here, or after `ms`. */
  until(families: readonly string[], ms: number): Promise<void>;
  /** Something has come free in this family. */
  wake(family: string): void;
}

/** Other processes can't wake us, so nobody sleeps longer than this at a stretch. */
const LONGEST_NAP_MS = 100;

export function waiting(): Waiting {
  const waiters = new Map<string, Set<() => void>>();

  function until(families: readonly string[], ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        for (const family of families) {
          const set = waiters.get(family);
          set?.delete(wake);
          if (set?.size === 0) waiters.delete(family);
        }
        resolve();
      };
      const timer = setTimeout(wake, Math.min(ms, LONGEST_NAP_MS));
      for (const family of families) {
        const set = waiters.get(family) ?? new Set();
        waiters.set(family, set.add(wake));
      }
    });
  }

  return {
    until,
    wake: (family) => {
      for (const wake of waiters.get(family) ?? []) wake();
    },
  };
}
