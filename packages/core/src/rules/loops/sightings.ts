/** When a call was seen with the same result. */
export interface Sighting {
  /** How often. */
  count: number;
  /** At which call of the run the last time, and how many calls after the time before. */
  at: number;
  gap: number;
}

/** The calls of late, by hash; what was longest not seen goes first, so it never grows. */
export class Sightings {
  readonly #byKey = new Map<number, Sighting>();
  readonly #most: number;
  readonly #span: number;

  /** `span`: what is longer ago than so many calls is no repeat. */
  constructor(span: number) {
    this.#span = span;
    this.#most = 2 * span;
  }

  has(key: number): boolean {
    return this.#byKey.has(key);
  }

  /** Notes a call, and gives back what is known of it, this time included. */
  see(key: number, at: number): Sighting {
    const found = this.#byKey.get(key);
    if (found !== undefined) {
      this.#byKey.delete(key);
      if (at - found.at <= this.#span) {
        this.#byKey.set(key, found);
        return found;
      }
    }
    const fresh = { count: 0, at, gap: 0 };
    this.#byKey.set(key, fresh);
    if (this.#byKey.size > this.#most) {
      for (const oldest of this.#byKey.keys()) {
        this.#byKey.delete(oldest);
        break;
      }
    }
    return fresh;
  }

  /** Halves all counts: a user has spoken, and to look again may be right. */
  halve(): void {
    for (const sighting of this.#byKey.values()) sighting.count >>= 1;
  }
}
