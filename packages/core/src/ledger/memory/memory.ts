import type { Store } from "../store.ts";
import { dropOldWindows } from "./bounds.ts";
import { counterFamilies } from "./families.ts";
import { type Holds, rememberedHolds } from "./holds.ts";
import { memoryLedger } from "./ledger.ts";
import { ledgerLines } from "./lines.ts";
import { keptNotices } from "./notices.ts";
import { subjectSettings } from "./settings.ts";
import { memoryThreads } from "./threads.ts";

/**
 * A store in this process's memory: for tests, demos and scripts. It forgets everything when the
 * process ends, budgets included, so it is never chosen silently.
 *
 * @param options.clock Milliseconds since the epoch; for tests. Default `Date.now`.
 */
export function memory(options: { readonly clock?: () => number } = {}): Store {
  const clock = options.clock ?? Date.now;
  const families = counterFamilies();
  const settings = subjectSettings();
  const holds: Holds = rememberedHolds((before) => dropOldWindows(families, holds, before));
  const { ofUsers, ...threads } = memoryThreads(clock, settings.userOf);
  const ledger = memoryLedger({
    clock,
    families,
    settings,
    holds,
    lines: ledgerLines(settings.userOf),
    notices: keptNotices(clock),
    threads: ofUsers,
  });
  return {
    name: "memory",
    open: async () => undefined,
    close: async () => undefined,
    ...ledger,
    ...threads,
  };
}
