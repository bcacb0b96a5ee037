/** What one window has, and what a step asks of it. Whole numbers in the window's unit. */
export interface Claim {
  /** The amount in force; null where the window is unlimited. */
  readonly limit: number | null;
  readonly spent: number;
  readonly held: number;
  /** What the step takes whatever it answers, in thousandths of the unit (picodollars for `usd`). */
  readonly fixed: number;
  /** What each output token adds, in thousandths of the unit. */
  readonly perOutput: number;
}

/** The decision: how many output tokens the step may have, or which windows refuse it. */
export type Admission =
  | { readonly ok: true; readonly outputTokens: number }
  | {
      readonly ok: false;
      /** The claims, by index, in which not even the least output fits. */
      readonly refused: readonly number[];
      /** For each claim the output tokens, up to the most asked for, that would fit there; 0 if none. */
      readonly fits: readonly number[];
    };

/**
 * What a claim takes from its window with so many output tokens, rounded up to a whole unit.
 *
 * @throws RangeError beyond safe integers.
 */
export function claimAmount(
  claim: Pick<Claim, "fixed" | "perOutput">,
  outputTokens: number,
): number {
  const plain = claim.fixed + claim.perOutput * outputTokens;
  if (Number.isSafeInteger(plain)) {
    // By the remainder: a quotient near 2^53 / 1000 can lose its last thousandth.
    const rest = plain % 1000;
    return (plain - rest) / 1000 + (rest > 0 ? 1 : 0);
  }
  const exact = BigInt(claim.fixed) + BigInt(claim.perOutput) * BigInt(outputTokens);
  const amount = Number((exact + 999n) / 1000n);
  if (!Number.isSafeInteger(amount)) {
    throw new RangeError(`A claim of ${exact} thousandths can't be counted exactly.`);
  }
  return amount;
}

/** The most output tokens up to `max` that fit into a window; -1 if not even the fixed part does. */
function fitOf(claim: Claim, max: number): number {
  if (claim.limit === null) {
    return max;
  }
  // ceil(x / 1000) <= room exactly when x <= 1000 * room, which passes 2^53 from $9,007 on.
  const plainRoom = 1000 * (claim.limit - claim.spent - claim.held);
  const whole = claim.fixed + claim.perOutput * max;
  // Most steps fit with all that they ask for, in numbers that need no care.
  if (Number.isSafeInteger(plainRoom) && Number.isSafeInteger(whole) && plainRoom >= whole) {
    return max;
  }
  const room = 1000n * (BigInt(claim.limit) - BigInt(claim.spent) - BigInt(claim.held));
  const rest = room - BigInt(claim.fixed);
  if (rest < 0n) {
    return -1;
  }
  if (claim.perOutput === 0) {
    return max;
  }
  const most = rest / BigInt(claim.perOutput);
  return most < BigInt(max) ? Number(most) : max;
}

/**
 * Decides a reserve: the largest number of output tokens from `min` to `max` with which every claim
 * fits (spent + held + claim <= limit), all or nothing. Every store repeats this decision inside
 * its own atomic operation.
 *
 * @throws RangeError if `min` is above `max` or either is no whole number: a caller's mistake.
 */
export function admit(
  claims: readonly Claim[],
  output: { readonly min: number; readonly max: number },
): Admission {
  const { min, max } = output;
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min < 0 || min > max) {
    throw new RangeError(`No output tokens lie between ${min} and ${max}.`);
  }
  const fits = claims.map((claim) => fitOf(claim, max));
  const refused = fits.flatMap((fit, index) => (fit < min ? [index] : []));
  return refused.length === 0
    ? { ok: true, outputTokens: fits.reduce((least, fit) => Math.min(least, fit), max) }
    : { ok: false, refused, fits: fits.map((fit) => Math.max(fit, 0)) };
}
