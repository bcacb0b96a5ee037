import { memoryLedger } from "./memory-ledger.ts";
import { memoryThreads } from "./memory-threads.ts";
import type { Store } from "./store.ts";

/**
 * A store in this process's memory: for tests, demos and scripts. It forgets everything when the
 * process ends, budgets included, so it is never chosen silently.
 *
 * @param options.clock Milliseconds since the epoch; for tests. Default `Date.now`.
 */
export function memory(options: { readonly clock?: () => number } = {}): Store {
  const clock = options.clock ?? Date.now;
  return {
    name: "memory",
    open: async () => undefined,
    close: async () => undefined,
    ...memoryLedger(clock),
    ...memoryThreads(clock),
  };
}
