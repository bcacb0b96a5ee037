/** The memory store's notices: written by what fills a window, given out until they are dropped. */
import { noticesOf } from "../entries.ts";
import type { Notice } from "../notices.ts";
import { type Counter, spentIn, stateOf } from "./counters.ts";

export interface Notices {
  take(request: { readonly leaseMs: number; readonly limit: number }): readonly Notice[];
  drop(id: string): void;
  /** Writes what a window is due, and says whether that was anything. */
  write(
    counter: Counter,
    due: {
      readonly cap: number | null;
      readonly thresholds: readonly number[];
      readonly exhausted: boolean;
    },
    now: number,
  ): boolean;
  /** Drops those of a user who is forgotten. */
  forget(isOf: (notice: Notice) => boolean): void;
}

export function keptNotices(clock: () => number): Notices {
  const kept = new Map<string, { readonly notice: Notice; until: number }>();

  return {
    write: (counter, { cap, thresholds, exhausted }, now) => {
      const least = thresholds[0];
      if (cap === null || least === undefined) return false;
      // Nearly always: not even the first thousandths of the first threshold.
      const limit = cap + counter.credit;
      const certain = Math.floor(limit / 1000) * least;
      if (!exhausted && spentIn(counter, now) < certain) return false;
      const last = counter.noticed;
      const due = noticesOf(stateOf(counter, now), {
        cap,
        thresholds,
        exhausted,
        now,
        ...(last ? { last } : {}),
      });
      if (!due) return false;
      counter.noticed = due.last;
      for (const notice of due.notices)
        if (!kept.has(notice.id)) kept.set(notice.id, { notice, until: -Infinity });
      return true;
    },
    take: ({ leaseMs, limit }) => {
      const now = clock();
      const taken: Notice[] = [];
      for (const entry of kept.values()) {
        if (taken.length >= limit) break;
        if (entry.until > now) continue;
        entry.until = now + leaseMs;
        taken.push(entry.notice);
      }
      return taken;
    },
    drop: (id) => void kept.delete(id),
    forget: (isOf) => {
      for (const [id, { notice }] of kept) if (isOf(notice)) kept.delete(id);
    },
  };
}
