import { askStore } from "./ask-store.ts";
import type { Store } from "./store.ts";

/** Milliseconds of a clock that never goes back. */
export type Monotonic = () => number;

/**
 * The store's time, as this process reckons it between two answers. The process's own calendar
 * clock is never asked: it may be hours off.
 */
export interface StoreClock {
  /** Asks the store only where it has never answered. */
  now(): number | Promise<number>;
  /** Learns from an answer of the store. */
  learn(now: number): void;
}

export function storeClock(store: Pick<Store, "now">, monotonic: Monotonic): StoreClock {
  let offset: number | undefined;
  const learn = (now: number): void => {
    offset = now - monotonic();
  };
  const reckoned = (): number => Math.floor((offset ?? 0) + monotonic());

  async function asked(): Promise<number> {
    learn(await askStore(() => store.now()));
    return reckoned();
  }

  return { learn, now: () => (offset === undefined ? asked() : reckoned()) };
}
