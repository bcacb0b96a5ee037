/** What a hold took from a window, and what is put in its place: the sums that every store repeats. */
import { type Unit, bucketMs, claimAmount } from "../rules/index.ts";
import type {
  Charge,
  LedgerLine,
  OpenHold,
  ReserveRequest,
  WindowAt,
  WindowClaim,
} from "./store.ts";

/** What one hold took from one counter. */
export interface Entry<Counter> {
  readonly counter: Counter;
  readonly unit: Unit;
  /** In whole units. */
  readonly amount: number;
  /** Of a rolling window: the width of its buckets, ms. */
  readonly bucket?: number;
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
  };
}

/** What a charge means for a window that counts in the entry's unit. A run counts once, whatever it cost. */
export function spentOf(entry: Entry<unknown>, charge: Pick<Charge, "nano" | "tokens">): number {
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
): Omit<LedgerLine, "id"> {
  return {
    hold: hold.id,
    kind: "charge",
    at,
    charge,
    facts: hold.facts,
    ceiling: hold.ceiling,
    ...(charge.nano > hold.ceiling ? { overrun: charge.nano - hold.ceiling } : {}),
  };
}

/** The line that better knowledge writes: the difference to the charge that was assumed. */
export function correctionLine(
  first: Omit<LedgerLine, "id">,
  charge: Charge,
  at: number,
): Omit<LedgerLine, "id"> {
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

/** Tells a unit in a row that a store has read from any other text. */
export function isUnit(text: string): text is Unit {
  return text === "usd" || text === "tokens" || text === "runs";
}
