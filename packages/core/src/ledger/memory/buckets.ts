/** What was charged to a rolling window, in buckets of time. */
import { bucketMs } from "../../rules/index.ts";
import { surplusBuckets } from "../entries.ts";

interface Bucket {
  spent: number;
  /** When the last of it was charged. */
  youngest: number;
}

export interface Buckets {
  readonly byIndex: Map<number, Bucket>;
  readonly widthMs: number;
  readonly rollingMs: number;
}

export function newBuckets(rollingMs: number): Buckets {
  return { byIndex: new Map(), widthMs: bucketMs(rollingMs), rollingMs };
}

/** What counts at a time, and when the oldest of it leaves. */
export function inBuckets(
  { byIndex, rollingMs }: Buckets,
  now: number,
): { readonly spent: number; readonly frees?: number } {
  let spent = 0;
  let oldest = Infinity;
  for (const bucket of byIndex.values()) {
    if (bucket.youngest <= now - rollingMs) continue;
    spent += bucket.spent;
    if (bucket.spent > 0 && bucket.youngest < oldest) oldest = bucket.youngest;
  }
  return oldest === Infinity ? { spent } : { spent, frees: oldest + rollingMs };
}

/** A difference to what has left already changes nothing. */
export function addToBuckets({ byIndex, widthMs }: Buckets, amount: number, at: number): void {
  const index = Math.floor(at / widthMs);
  const bucket = byIndex.get(index);
  if (bucket) {
    bucket.spent += amount;
    if (amount > 0 && at > bucket.youngest) bucket.youngest = at;
  } else if (amount > 0) byIndex.set(index, { spent: amount, youngest: at });
}

/** Where something is charged, never where one only looks. */
export function dropOldBuckets({ byIndex, rollingMs }: Buckets, now: number): void {
  for (const index of surplusBuckets(byIndex, { rollingMs, now })) byIndex.delete(index);
}

/** Of one family, so of one width. */
export function mergeBuckets(into: Buckets, from: Buckets): void {
  for (const [index, { spent, youngest }] of from.byIndex) {
    const bucket = into.byIndex.get(index);
    if (bucket) {
      bucket.spent += spent;
      bucket.youngest = Math.max(bucket.youngest, youngest);
    } else into.byIndex.set(index, { spent, youngest });
  }
}
