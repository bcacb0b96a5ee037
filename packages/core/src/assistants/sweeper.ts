/** Looks for holds of dead processes from time to time, one process at a time. */
import { type Store, inBackground } from "../ledger/index.ts";
import { recoverHolds } from "./recovery.ts";
import type { StepHost } from "./step-host.ts";

const PAUSE_MS = 30_000;

export interface Sweeper {
  /** Begins at the first call; later calls do nothing. */
  start(): void;
  stop(): void;
}

export function sweeper(
  host: StepHost,
  by: { readonly store: Pick<Store, "lease">; readonly owner: string },
): Sweeper {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  async function sweep(): Promise<void> {
    try {
      const { store, owner } = by;
      if (await store.lease({ name: "sweeper", owner, ttlMs: PAUSE_MS * 2 })) {
        const { found, reported, assumed } = await recoverHolds(host);
        if (found > 0)
          host.warn(
            `recovered ${found} holds of processes that died: ${reported} reported by the provider, ${assumed} charged in full`,
          );
      }
    } catch (error) {
      host.warn(
        `looking for lost holds failed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    next();
  }

  /** With jitter, so that processes that start together do not ask together. */
  function next(): void {
    if (stopped) return;
    timer = setTimeout(() => void sweep(), PAUSE_MS * (0.5 + Math.random()));
    inBackground(timer);
  }

  return {
    start: () => {
      if (timer === undefined) next();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
