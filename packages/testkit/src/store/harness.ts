/** What the suite needs of a test runner and of a store. */
import type { Store } from "@assistants-budget/core/store";

/** The part of a test runner that the suites use: that of vitest, Jest, `node:test`, … */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly test: (name: string, body: () => Promise<void>) => unknown;
}

/** The time of a store under test, epoch ms. */
export interface TestClock {
  readonly now: () => number;
  readonly advance: (ms: number) => void;
  readonly set: (ms: number) => void;
}

/** An empty store of its own, with its time in the suite's hands. */
export interface OpenedStore {
  readonly store: Store;
  readonly clock: TestClock;
  /** Closes the store and removes what it left. */
  readonly close: () => Promise<void>;
}

export interface StoreHarness<Opened extends OpenedStore = OpenedStore> {
  /** Called once a test: no test sees what another one wrote. */
  readonly open: () => Promise<Opened>;
  /** Of a store that outlives its process: closes it and opens the same one again, as a new process would. */
  readonly reopen?: (opened: Opened) => Promise<Opened>;
}

/** A clock that stands still until it is moved: most harnesses hand it to their store. */
export function testClock(start: number = Date.UTC(2026, 0, 1)): TestClock {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
    set: (ms) => {
      now = ms;
    },
  };
}
