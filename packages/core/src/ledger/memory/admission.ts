/** The memory store's decision: what a hold takes from each counter, or who refuses it. */
import { type Admission, admit, claimAmount } from "../../rules/index.ts";
import type { ReserveRequest } from "../store.ts";
import { type Counter, spentIn } from "./counters.ts";

export type Decision =
  | { readonly ok: true; readonly outputTokens: number; readonly amounts: readonly number[] }
  | Extract<Admission, { ok: false }>;

export function decide(
  { claims, output }: ReserveRequest,
  counters: readonly Counter[],
  now: number,
): Decision {
  const { min, max } = output;
  if (Number.isSafeInteger(min) && Number.isSafeInteger(max) && 0 <= min && min <= max) {
    const amounts = plainly(claims, counters, { max, now });
    if (amounts) return { ok: true, outputTokens: max, amounts };
  }
  const asked = claims.map((claim, i) => {
    const counter = counterAt(counters, i);
    return {
      limit: limitOf(claim.limit, counter),
      spent: spentIn(counter, now),
      held: counter.held,
      fixed: claim.fixed,
      perOutput: claim.perOutput,
    };
  });
  const verdict = admit(asked, output);
  if (!verdict.ok) return verdict;
  const { outputTokens } = verdict;
  const amounts = claims.map((claim) => claimAmount(claim, outputTokens));
  return { ok: true, outputTokens, amounts };
}

/** Up to here a double's thousandth part is exact enough to be rounded up. */
const PLAIN = 8e15;

/**
 * Most steps fit with all that they ask for, in numbers that need no care. Where anything could be
 * inexact, or does not fit, the rule decides.
 */
function plainly(
  claims: ReserveRequest["claims"],
  counters: readonly Counter[],
  { max, now }: { readonly max: number; readonly now: number },
): readonly number[] | undefined {
  const amounts = claims.map(() => 0);
  for (let i = 0; i < claims.length; i += 1) {
    const claim = claims[i];
    const counter = counters[i];
    if (!claim || !counter) return undefined;
    const { limit, fixed, perOutput } = claim;
    const thousandths = fixed + perOutput * max;
    if (!(thousandths >= 0 && thousandths <= PLAIN)) return undefined;
    const amount = Math.ceil(thousandths / 1000);
    if (limit !== null) {
      const taken = spentIn(counter, now) + counter.held + amount;
      if (!(taken <= limit + counter.credit && taken <= PLAIN)) return undefined;
    }
    amounts[i] = amount;
  }
  return amounts;
}

function limitOf(limit: number | null, { credit }: Counter): number | null {
  return limit === null ? null : Math.min(limit + credit, Number.MAX_SAFE_INTEGER);
}

function counterAt(counters: readonly Counter[], index: number): Counter {
  const counter = counters[index];
  if (!counter) throw new RangeError(`no claim ${index}`);
  return counter;
}
