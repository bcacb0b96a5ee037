/** What a hold took from a window, and what is put in its place: the sums that every store repeats. */
import {
  type Noticed,
  type Unit,
  bucketMs,
  claimAmount,
  reachedThresholds,
} from "../rules/index.ts";
import type { Notice } from "./notices.ts";
import type {
  Charge,
  HoldFacts,
  OpenHold,
  ReserveRequest,
  StepLine,
  WindowAt,
  WindowClaim,
  WindowState,
} from "./store.ts";

/** What one hold took from one counter. */
export interface Entry<Counter> {
  readonly counter: Counter;
  readonly unit: Unit;
  /** In whole units. */
  readonly amount: number;
  /** Of a rolling window: the width of its buckets, ms. */
  readonly bucket?: number;
  /** The claim's cap, which thresholds are parts of. */
  readonly cap?: number;
}

export function entryOf<Counter>(
  counter: Counter,
  claim: WindowClaim,
  outputTokens: number,
): Entry<Counter> {
  return {
    counter,
    unit: claim.unit,
    amount: claimAmount(claim, outputTokens),
    ...(claim.rollingMs === undefined ? {} : { bucket: bucketMs(claim.rollingMs) }),
    ...(claim.cap === null ? {} : { cap: claim.cap }),
  };
}

/** So many of a rolling window's buckets are kept: those of two periods. */
const KEPT_BUCKETS = 128;

const NONE: readonly number[] = [];

/**
 * Which of a rolling window's buckets go when one is written: the oldest beyond 128, where they have
 * left. What has left by one reading of the clock may be back by the next: only time that has really
 * passed fills so many buckets, and by then what goes has left by any reading.
 */
export function surplusBuckets(
  buckets: ReadonlyMap<number, { readonly youngest: number }>,
  { rollingMs, now }: { readonly rollingMs: number; readonly now: number },
): readonly number[] {
  const surplus = buckets.size - KEPT_BUCKETS;
  if (surplus <= 0) return NONE;
  const oldest = [...buckets.keys()].toSorted((a, b) => a - b).slice(0, surplus);
  return oldest.filter((index) => (buckets.get(index)?.youngest ?? 0) <= now - rollingMs);
}

/** What a charge means for a window that counts in the entry's unit. A run counts once, whatever it cost. */
export function spentOf(
  entry: Pick<Entry<unknown>, "unit" | "amount">,
  charge: Pick<Charge, "nano" | "tokens">,
): number {
  switch (entry.unit) {
    case "usd":
      return charge.nano;
    case "tokens":
      return charge.tokens;
    case "runs":
      return entry.amount;
  }
}

/** The most that the step of this request can cost with so many output tokens: nano-dollars and tokens. */
export function ceilingOf(
  request: Pick<ReserveRequest, "ceiling" | "facts">,
  outputTokens: number,
): { readonly nano: number; readonly tokens: number } {
  return {
    nano: claimAmount(request.ceiling, outputTokens),
    tokens: request.facts.promptTokens + outputTokens,
  };
}

/** The line that a charge writes. */
export function chargeLine(
  hold: Pick<OpenHold, "id" | "facts" | "ceiling">,
  charge: Charge,
  at: number,
): Omit<StepLine, "id"> {
  const { id, facts, ceiling } = hold;
  const line = { hold: id, kind: "charge" as const, at, charge, facts, ceiling };
  return charge.nano > ceiling ? { ...line, overrun: charge.nano - ceiling } : line;
}

/** The line that better knowledge writes: the difference to the charge that was assumed. */
export function correctionLine(
  first: Omit<StepLine, "id">,
  charge: Charge,
  at: number,
): Omit<StepLine, "id"> {
  return {
    hold: first.hold,
    kind: "correction",
    at,
    charge: {
      ...charge,
      nano: charge.nano - first.charge.nano,
      tokens: charge.tokens - first.charge.tokens,
      cause: `corrects an assumed charge (${first.charge.cause ?? "cause unknown"})`,
    },
    facts: first.facts,
    ceiling: first.ceiling,
  };
}

/** A claim's window without the claim: the amounts asked for are no part of a counter. */
export function windowOf(claim: WindowAt): WindowAt {
  const { family, scope, subject, unit, period, zone, start, end, rollingMs } = claim;
  const at = { family, scope, subject, unit, period, zone, start, end };
  return rollingMs === undefined ? at : { ...at, rollingMs };
}

/** The same window of another subject: a family's name ends in its subject's. */
export function ofSubject(at: WindowAt, subject: string): WindowAt {
  const stem = at.family.slice(0, at.family.length - at.subject.length);
  return { ...windowOf(at), subject, family: stem + subject };
}

/** Tells a unit in a row that a store has read from any other text. */
export function isUnit(text: string): text is Unit {
  return text === "usd" || text === "tokens" || text === "runs";
}

/** Whether a hold counts for a subject. Routes are not seeded: a hold does not tell all that it passed. */
export function isOf(facts: HoldFacts, scope: string, subject: string): boolean {
  switch (scope) {
    case "user":
    case "thread":
    case "run":
      return facts[scope] === subject;
    case "app":
      return true;
    case "route":
      return false;
    default:
      return facts.subjects?.[scope] === subject;
  }
}

/** A refused claim that would have fitted into its window empty, and no longer does, whatever is held. */
export function isExhausted(
  claim: WindowClaim,
  { spent, credit }: Pick<WindowState, "spent" | "credit">,
  leastOutput: number,
): boolean {
  if (claim.cap === null) return false;
  const needed = claimAmount(claim, leastOutput);
  const limit = claim.cap + credit;
  return needed <= limit && spent + needed > limit;
}

/** The notices that a window is due, and what is remembered of them; nothing where there are none. */
export function noticesOf(
  state: WindowState,
  due: {
    readonly cap: number;
    readonly thresholds: readonly number[];
    readonly exhausted: boolean;
    readonly last?: Noticed;
    readonly now: number;
  },
): { readonly notices: readonly Notice[]; readonly last: Noticed } | undefined {
  const { thresholds, now: at } = due;
  const { spent, rollingMs, family } = state;
  const limit = due.cap + state.credit;
  const reached = reachedThresholds(thresholds, {
    limit,
    spent,
    exhausted: due.exhausted,
    now: at,
    ...(due.last ? { last: due.last } : {}),
    ...(rollingMs === undefined ? {} : { rollingMs }),
  });
  const threshold = reached.at(-1);
  if (threshold === undefined) return undefined;
  const since = rollingMs === undefined ? state.start : at;
  const window = windowOf(state);
  const notices = reached.map((one) => ({
    id: [one, limit, since, family].join("|"),
    at,
    threshold: one,
    window,
    limit,
    spent,
  }));
  return { notices, last: { limit, threshold, at } };
}
