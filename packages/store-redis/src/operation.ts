/** A reserve or the end of a hold, as the scripts take it. */
import {
  type Charge,
  type ReserveRequest,
  type WindowAt,
  entryOf,
} from "@assistants-budget/core/store";
import { hotReserve, subjectKey } from "./hot-texts.ts";
import { keptText } from "./kept-hold.ts";
import { part } from "./keys.ts";
import { factsText } from "./window-states.ts";

export interface Operation {
  /** For the hot script. */
  readonly hot: string;
  /** What both scripts keep as it is. */
  readonly kept: string;
  /** For the full script: all there is to know, then of each claim whose its family is, and its facts. */
  full(): readonly [packed: string, ...claims: string[]];
  /** The same as it was granted, whatever room there is now: the money may be spent already. */
  granted?(outputTokens: number): Operation;
}

export function reserving(request: ReserveRequest): Operation {
  const { claims } = request;
  return {
    hot: hotReserve(request),
    kept: keptText(request),
    full: () => [
      JSON.stringify(packedReserve(request)),
      ...claims.flatMap((claim) => [subjectKey(claim.scope, claim.subject), factsText(claim)]),
    ],
    granted: (outputTokens) =>
      reserving({
        ...request,
        output: { min: outputTokens, max: outputTokens },
        claims: claims.map((claim) => ({ ...claim, limit: null })),
      }),
  };
}

/** Ends a hold, with a charge or without; what it is for need not be answered where it is known. */
export function ending(hold: string, charge?: Charge, isKnown = false): Operation {
  const { nano = 0, tokens = 0, known } = charge ?? {};
  if (!Number.isSafeInteger(nano) || !Number.isSafeInteger(tokens))
    throw new RangeError(`A charge of ${nano} and ${tokens} tokens can't be counted exactly.`);
  const assumed = known === "assumed" ? 1 : 0;
  return {
    hot: `e${part(hold)}\t${nano}\t${tokens}\t${assumed}${isKnown ? 1 : 0}`,
    kept: charge ? JSON.stringify(charge) : "",
    full: () => [JSON.stringify([1, part(hold), nano, tokens, assumed])],
  };
}

function packedReserve(request: ReserveRequest): readonly unknown[] {
  const { hold, ttlMs, output, claims, ceiling, subjects } = request;
  return [
    0,
    part(hold),
    ttlMs,
    output.min,
    output.max,
    ceiling.fixed,
    ceiling.perOutput,
    subjects.flatMap(({ scope, subject, version }) => [subjectKey(scope, subject), version]),
    claims.length,
    ...claims.flatMap((claim) => {
      const { family, limit, cap, fixed, perOutput, start, end, zone } = claim;
      const amounts = [limit ?? -1, cap ?? -1, fixed, perOutput];
      return [part(family), howItCounts(claim), ...amounts, start, end, part(zone)];
    }),
  ];
}

/** The first letter tells the unit; of a rolling window its length and the width of its buckets follow. */
export function howItCounts(window: WindowAt): string {
  const letter = window.unit.charAt(0);
  if (window.rollingMs === undefined) return letter;
  const free = { limit: null, cap: null, fixed: 0, perOutput: 0 };
  const { bucket = 0 } = entryOf(0, { ...window, ...free }, 0);
  return `${letter}${window.rollingMs}/${bucket}`;
}

/** Numbers that scripts keep in one byte. */
const MOST_CLAIMS = 100;
const MOST_LETTERS = 60;

/** What the scripts take for granted: whole numbers that a double holds. */
export function check({ output: { min, max }, ttlMs, ceiling, claims }: ReserveRequest): void {
  if (!(Number.isSafeInteger(min) && Number.isSafeInteger(max) && min >= 0 && min <= max))
    throw new RangeError(`No output tokens lie between ${min} and ${max}.`);
  if (claims.some(({ family }, i) => claims.findIndex((other) => other.family === family) < i))
    throw new RangeError("A window is claimed twice.");
  if (claims.length > MOST_CLAIMS || claims.some(({ zone }) => part(zone).length > MOST_LETTERS))
    throw new RangeError("More is claimed than a hold keeps.");
  countable(ttlMs);
  countable(ceiling.fixed);
  countable(ceiling.perOutput);
  for (const { limit, cap, fixed, perOutput } of claims) {
    countable(limit ?? 0);
    countable(cap ?? 0);
    countable(fixed);
    countable(perOutput);
  }
}

function countable(amount: number): void {
  if (!Number.isSafeInteger(amount) || amount < 0)
    throw new RangeError(`${amount} is no whole number that can be counted exactly.`);
}
