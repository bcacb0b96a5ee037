const START = 0x2545f491;

/**
 * A running 32-bit hash; not for secrets, only to tell texts apart without keeping them. That
 * two of the hundred calls that a run keeps have one hash by chance happens in a few of a million
 * runs, and to be a loop they would have to have it several times.
 */
export class Digest {
  #hash = START;

  reset(): void {
    this.#hash = START;
  }

  /** Goes on where another one stands. */
  copy(other: Digest): void {
    this.#hash = other.#hash;
  }

  /** Takes in a number of 32 bits. */
  add(part: number): void {
    const hash = Math.imul(this.#hash ^ part, 0x9e3779b1);
    this.#hash = (hash << 13) | (hash >>> 19);
  }

  /** The hash so far: a whole number of 31 bits, which a `Map` finds fastest. */
  value(): number {
    return finished(this.#hash);
  }
}

/** Every bit of a number bears on every bit of the answer, which has 31 bits. */
function finished(hash: number): number {
  let x = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 1;
}

/** One hash of two, in this order. */
export function paired(first: number, second: number): number {
  return finished(Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca77) ^ (second >>> 15));
}
