import type { Charge, HoldFacts, OpenHold, WindowState } from "../store.ts";
/** The memory store's holds: open ones in the order in which they began, ended ones for a while. */
import { type Counter, type Taken, living, stateOf } from "./counters.ts";

/** A hold. What only an open one needs is apart: ended ones are many, and are kept for long. */
export interface Hold {
  readonly id: string;
  facts: HoldFacts;
  readonly ceiling: number;
  readonly thresholds: readonly number[];
  taken: Taken;
  open: Open | undefined;
  /** What it was charged, and when: the charge's line is made of this, and kept only here. */
  charge: Charge | undefined;
  at: number;
  /** Where that line stands; -1 where there is none. */
  line: number;
  /** What all its lines come to, nano-dollars. */
  nano: number;
  /** Better knowledge has come, or an operator has spoken: nothing corrects it any more. */
  final: boolean;
}

interface Open {
  readonly owner: string;
  readonly tokens: number;
  readonly outputTokens: number;
  readonly createdAt: number;
  expiresAt: number;
  responseId: string | undefined;
  /** What was taken from each counter, in whole units. */
  amounts: readonly number[];
  before: Hold | undefined;
  after: Hold | undefined;
}

export interface Holds {
  get(id: string): Hold | undefined;
  add(hold: Hold, now: number): void;
  /** It is no longer open. */
  end(hold: Hold): void;
  open(): Iterable<Hold>;
  /** All that are remembered. */
  all(): Iterable<Hold>;
}

/** For longer than providers take to send their invoice. */
const MONTH_MS = 32 * 24 * 60 * 60 * 1000;
/** Fewer are not worth forgetting, whatever a clock says. */
const MANY = 100_000;

/**
 * @param forgetting Told when holds are forgotten: all of them began before this moment.
 * @param many From how many on the older ones are forgotten; for tests.
 */
export function rememberedHolds(forgetting: (before: number) => void, many: number = MANY): Holds {
  // Two generations in place of an order that each call would have to keep.
  let young = new Map<string, Hold>();
  let old = new Map<string, Hold>();
  let since = Infinity;
  let first: Hold | undefined;
  let last: Hold | undefined;

  function* open(): Iterable<Hold> {
    for (let hold = first; hold; hold = hold.open?.after) yield hold;
  }

  function rotate(now: number): void {
    const hasForgotten = old.size > 0;
    const before = since;
    old = young;
    young = new Map();
    since = now;
    for (const hold of open()) young.set(hold.id, hold);
    if (hasForgotten) forgetting(before);
  }

  return {
    get: (id) => young.get(id) ?? (old.size > 0 ? old.get(id) : undefined),
    add: (hold, now) => {
      since = Math.min(since, now);
      if (young.size >= many && now - since >= MONTH_MS) rotate(now);
      young.set(hold.id, hold);
      if (hold.open) hold.open.before = last;
      if (last?.open) last.open.after = hold;
      else first = hold;
      last = hold;
    },
    end: (hold) => {
      const { before, after } = hold.open ?? {};
      if (before?.open) before.open.after = after;
      else first = after;
      if (after?.open) after.open.before = before;
      else last = before;
      hold.open = undefined;
    },
    open,
    all: function* all() {
      yield* young.values();
      for (const [id, hold] of old) if (!young.has(id)) yield hold;
    },
  };
}

/** A window that began after the hold, and that it counts in all the same. */
export function takeAlso(
  hold: Hold,
  counter: Counter,
  { amount, cap }: { readonly amount: number; readonly cap: number | null },
): void {
  const { counters, caps } = hold.taken;
  hold.taken = { ...hold.taken, counters: [...counters, counter], caps: [...caps, cap] };
  if (hold.open) hold.open.amounts = [...hold.open.amounts, amount];
}

/** As it stands: asked again, a hold answers with the present. */
export function windowsOf(hold: Hold, now: number): WindowState[] {
  return hold.taken.counters.map((counter) => stateOf(living(counter), now));
}

/** What an open hold tells. */
export function openHolds({ id, facts, ceiling, open }: Hold): readonly OpenHold[] {
  if (!open) return [];
  const { owner, tokens, outputTokens, createdAt, expiresAt, responseId } = open;
  const told = { id, owner, facts, ceiling, tokens, outputTokens, createdAt, expiresAt };
  return [responseId === undefined ? told : { ...told, responseId }];
}
