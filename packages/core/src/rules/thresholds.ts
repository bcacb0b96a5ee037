/** When a window that fills up is worth a notice. */

/** The last notice of a window. */
export interface Noticed {
  /** The limit that it was a part of. */
  readonly limit: number;
  /** Thousandths of that limit. */
  readonly threshold: number;
  /** Epoch ms. */
  readonly at: number;
}

export interface Filling {
  /** In force, credit included; whole units. */
  readonly limit: number;
  readonly spent: number;
  /** A step that would fit into an empty window no longer fits into this one, whatever is held. */
  readonly exhausted: boolean;
  readonly last?: Noticed;
  readonly rollingMs?: number;
  readonly now: number;
}

/**
 * The thresholds (thousandths, ascending) that a window has newly reached. Each is reached once: a
 * raised limit arms it again, as does, for a rolling window, a period without a notice. A window that
 * is exhausted has reached all: no useful step brings it to its last nano-dollar.
 */
export function reachedThresholds(
  thresholds: readonly number[],
  filling: Filling,
): readonly number[] {
  const { limit, spent, exhausted, last, rollingMs, now } = filling;
  const isArmed =
    last === undefined ||
    limit > last.limit ||
    (rollingMs !== undefined && now - last.at >= rollingMs);
  const from = isArmed ? 0 : last.threshold;
  return thresholds.filter((one) => one > from && (exhausted || spent >= amountAt(one, limit)));
}

/** So many thousandths of a limit, rounded up; exact up to 2^53. */
function amountAt(threshold: number, limit: number): number {
  const rest = limit % 1000;
  return ((limit - rest) / 1000) * threshold + Math.ceil((rest * threshold) / 1000);
}
