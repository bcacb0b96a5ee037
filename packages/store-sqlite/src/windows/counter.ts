/** One window in memory, with what was spent and is held in it. */
import {
  type Entry,
  type Noticed,
  type WindowAt,
  type WindowState,
  surplusBuckets,
} from "@assistants-budget/core/store";

interface Bucket {
  spent: number;
  /** When its last charge was made, epoch ms. */
  youngest: number;
}

/** A row, or one that is to be: changed here and written before the transaction commits. */
export interface Counter {
  /** 0 until it is begun. */
  id: number;
  readonly at: WindowAt;
  spent: number;
  held: number;
  credit: number;
  cap: number | undefined;
  noticed: Noticed | undefined;
  /** Of a rolling window; what of them has changed stands in `changed`. */
  readonly buckets: Map<number, Bucket> | undefined;
  readonly changed: Set<number>;
}

export function newCounter(at: WindowAt): Counter {
  return {
    id: 0,
    at,
    spent: 0,
    held: 0,
    credit: 0,
    cap: undefined,
    noticed: undefined,
    buckets: at.rollingMs === undefined ? undefined : new Map(),
    changed: new Set(),
  };
}

export function stateOf({ at, spent, held, credit, buckets }: Counter, now: number): WindowState {
  const { rollingMs } = at;
  if (rollingMs === undefined || !buckets) return { ...at, spent, held, credit };
  let sum = 0;
  let oldest = Infinity;
  for (const bucket of buckets.values()) {
    if (bucket.youngest <= now - rollingMs) continue;
    sum += bucket.spent;
    if (bucket.spent > 0) oldest = Math.min(oldest, bucket.youngest);
  }
  const state = { ...at, spent: sum, held, credit };
  return oldest === Infinity ? state : { ...state, frees: oldest + rollingMs };
}

export function spentIn(counter: Counter, now: number): number {
  return counter.buckets ? stateOf(counter, now).spent : counter.spent;
}

/** Counts a charge, or gives a part of one back: dated `at`. */
export function addSpent(
  counter: Counter,
  { bucket: width }: Pick<Entry<unknown>, "bucket">,
  { amount, at }: { readonly amount: number; readonly at: number },
): void {
  const { buckets } = counter;
  if (width === undefined || !buckets) {
    counter.spent += amount;
    return;
  }
  addToBucket(counter, Math.floor(at / width), { spent: amount, youngest: at });
}

/** Where something is charged, never where one only looks. */
export function dropOldBuckets(
  { at: { rollingMs }, buckets, changed }: Counter,
  now: number,
): void {
  if (rollingMs === undefined || !buckets) return;
  for (const index of surplusBuckets(buckets, { rollingMs, now })) {
    buckets.delete(index);
    changed.add(index);
  }
}

/** What is given back to a bucket that has left is nobody's: never less than nothing is spent. */
export function addToBucket({ buckets, changed }: Counter, index: number, part: Bucket): void {
  const { spent, youngest } = part;
  const bucket = buckets?.get(index);
  if (bucket) {
    bucket.spent += spent;
    if (spent > 0) bucket.youngest = Math.max(bucket.youngest, youngest);
  } else if (spent > 0) buckets?.set(index, { spent, youngest });
  changed.add(index);
}
