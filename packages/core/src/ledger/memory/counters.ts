/** One window of the memory store: what is spent and held in it. */
import type { Noticed } from "../../rules/index.ts";
import type { WindowAt, WindowState } from "../store.ts";
import {
  type Buckets,
  addToBuckets,
  dropOldBuckets,
  inBuckets,
  mergeBuckets,
  newBuckets,
} from "./buckets.ts";

/** The counters that a hold was taken from, in the order of its claims; holds share such lists. */
export interface Taken {
  readonly counters: readonly Counter[];
  /** Those of the claims, which thresholds are parts of. */
  readonly caps: readonly (number | null)[];
  /** While all of them are in force. */
  readonly start: number;
  readonly end: number;
}

export interface Counter {
  /** Of a forgotten user: with the pseudonym. */
  at: WindowAt;
  /** Of a rolling window it is in the buckets. */
  spent: number;
  readonly buckets: Buckets | undefined;
  held: number;
  credit: number;
  /** The cap that was last claimed of it. */
  cap: number | null;
  noticed: Noticed | undefined;
  /** Where a merge has brought it: what was taken from it ends there. */
  movedTo: Counter | undefined;
  /** What the last hold took that took this counter first: most holds of a user take the same. */
  usual: Taken | undefined;
  /** Until the first hold: it may be looked at without there being such a window. */
  begun: boolean;
  /** Of one that was seeded: gives open holds their parts in it. */
  whenBegun: (() => void) | undefined;
}

export function newCounter(at: WindowAt): Counter {
  return {
    at,
    spent: 0,
    buckets: at.rollingMs === undefined ? undefined : newBuckets(at.rollingMs),
    held: 0,
    credit: 0,
    cap: null,
    noticed: undefined,
    movedTo: undefined,
    usual: undefined,
    begun: false,
    whenBegun: undefined,
  };
}

/** The counter itself, or the one that it was merged into. */
export function living(counter: Counter): Counter {
  let found = counter;
  while (found.movedTo) found = found.movedTo;
  return found;
}

/** What is charged now. */
export function addCharge(counter: Counter, amount: number, now: number): void {
  addSpent(counter, amount, now);
  if (counter.buckets) dropOldBuckets(counter.buckets, now);
}

/** Dated as its charge, whenever it is said. */
export function addSpent(counter: Counter, amount: number, at: number): void {
  if (counter.buckets) addToBuckets(counter.buckets, amount, at);
  else counter.spent += amount;
}

export function spentIn(counter: Counter, now: number): number {
  return counter.buckets ? inBuckets(counter.buckets, now).spent : counter.spent;
}

/** Written out: this is made for each window of each answer, and a spread takes ten times as long. */
export function stateOf(counter: Counter, now: number): WindowState {
  const { at, buckets, held, credit } = counter;
  const { family, scope, subject, unit, period, zone, start, end } = at;
  if (!buckets) {
    const { spent } = counter;
    return { family, scope, subject, unit, period, zone, start, end, spent, held, credit };
  }
  const { rollingMs } = buckets;
  const counted = inBuckets(buckets, now);
  const window = { family, scope, subject, unit, period, zone, start, end, rollingMs };
  return { ...window, held, credit, ...counted };
}

/** All that is in one window goes into another one of its family or of the same family of another subject. */
export function pour(from: Counter, into: Counter): void {
  into.spent += from.spent;
  into.held += from.held;
  into.credit += from.credit;
  if (from.buckets && into.buckets) mergeBuckets(into.buckets, from.buckets);
  from.movedTo = into;
}
