/** Randomness that is the same each time for a seed. */
export type Random = () => number;

/** mulberry32: from 0 to below 1. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Exponential, with a mean of 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - random());
}

/** Log-normal, with a mean of 1. */
export function logNormal(random: Random, sigma: number): number {
  const normal = Math.sqrt(2 * exponential(random)) * Math.cos(2 * Math.PI * random());
  return Math.exp(sigma * normal - sigma ** 2 / 2);
}

export function wholeBelow(random: Random, end: number): number {
  return Math.floor(random() * end);
}
