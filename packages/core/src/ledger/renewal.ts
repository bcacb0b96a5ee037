/** Signs of life: a living process moves the expiry of its open holds before it comes. */
import { claimAmount } from "../rules/index.ts";
import type { Hold } from "./demand.ts";
import { inBackground } from "./in-background.ts";
import type { Monotonic } from "./store-clock.ts";
import type { ReserveRequest, Store } from "./store.ts";

/** Nothing is sent on a hold in this last part of its life: another process may be about to recover it. */
const MARGIN = 0.25;

export interface Renewal {
  born(hold: {
    readonly id: string;
    readonly outputTokens: number;
    readonly request: ReserveRequest;
    /** When the store was asked; the hold's life is counted from there, the safe side. */
    readonly sent: number;
  }): Hold;
  ended(id: string): void;
  close(): void;
}

export function renewal(options: {
  readonly store: Pick<Store, "renew">;
  readonly monotonic: Monotonic;
  readonly ttlMs: number;
}): Renewal {
  const { store, monotonic, ttlMs } = options;
  /** When each open hold was last known to live. */
  const alive = new Map<string, number>();
  let timer: ReturnType<typeof setInterval> | undefined;

  async function beat(): Promise<void> {
    const sent = monotonic();
    const renewed = await store.renew([...alive.keys()], ttlMs);
    for (const id of renewed) if (alive.has(id)) alive.set(id, sent);
  }

  return {
    born: ({ id, outputTokens, request, sent }) => {
      alive.set(id, sent);
      timer ??= setInterval(() => {
        // A renewal that fails lets `fresh()` turn false in time; the next beat tries again.
        if (alive.size > 0) beat().catch(() => undefined);
      }, ttlMs / 4);
      inBackground(timer);
      return {
        id,
        outputTokens,
        ceiling: claimAmount(request.ceiling, outputTokens),
        fresh: () => monotonic() < (alive.get(id) ?? -Infinity) + ttlMs * (1 - MARGIN),
      };
    },
    ended: (id) => void alive.delete(id),
    close: () => clearInterval(timer),
  };
}
