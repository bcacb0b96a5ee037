/** What nobody asks for any more goes in passing: no timer keeps a process alive for it. */
import type { Ask, Call } from "./client.ts";

const PURGE: Call<number> = { name: "purge_v1", types: ["bigint", "bigint", "bigint"] };

/** So many rows of a kind go in one call: it takes a few milliseconds, and nobody waits for it. */
const FEW = 500;
/** How long it rests: where all that was old is gone, and where there is more. */
const REST_MS = { done: 60_000, more: 250 } as const;

export interface Purging {
  /** To be told of each call of the app: from time to time one is the occasion. */
  occasion(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export function purging(
  ask: Ask,
  {
    clock,
    keepMs,
    restMs = REST_MS,
  }: {
    readonly clock: () => number | null;
    readonly keepMs: number;
    readonly restMs?: { readonly done: number; readonly more: number };
  },
): Purging {
  let dueAt = performance.now() + restMs.done;
  let underWay: Promise<void> | undefined;

  async function purge(): Promise<void> {
    // A failure is told by the app's own calls; this one has time.
    const most = await ask(PURGE, clock(), keepMs, FEW).catch(() => 0);
    dueAt = performance.now() + (most < FEW ? restMs.done : restMs.more);
    underWay = undefined;
  }

  return {
    occasion: () => {
      if (underWay || performance.now() < dueAt) return;
      underWay = purge();
    },
    idle: async () => underWay,
  };
}
