/** Everything that is left to chance, drawn from one seed: each part of a run has a row of its own. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export interface Draws {
  /** In [0, 1). */
  share(): number;
  /** Both ends included. */
  between(from: number, to: number): number;
  isLucky(probability: number): boolean;
  /** One of these; there must be one. */
  one<T>(of: readonly T[]): T;
  /** A time whose mean is this, from a third of it on. */
  around(meanMs: number): number;
}

/** Gives rows of draws, one after the other; the same seed gives the same rows. */
export function rowsOf(seed: number): () => Draws {
  const head = xoroshiro128plus(seed);
  return () => {
    const row = head.clone();
    // A jump is further than any row is long.
    head.jump();
    const share = () => uniformFloat64(row);
    return {
      share,
      between: (from, to) => uniformInt(row, from, to),
      isLucky: (probability) => share() < probability,
      one: (of) => {
        const chosen = of[uniformInt(row, 0, of.length - 1)];
        if (chosen === undefined) throw new RangeError("there is nothing to draw from");
        return chosen;
      },
      around: (meanMs) => Math.round((meanMs * (1 + 4 * share())) / 3),
    };
  };
}
