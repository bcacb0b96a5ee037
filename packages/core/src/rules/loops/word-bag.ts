/** Which words a text has, as 128 bits: enough to say whether two texts are much alike. */
export class WordBag {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  clear(): void {
    this.#a = this.#b = this.#c = this.#d = 0;
  }

  add(word: number): void {
    const hash = word ^ (word >>> 15);
    const bit = 1 << (hash & 31);
    const part = (hash >>> 5) & 3;
    if (part === 0) this.#a |= bit;
    else if (part === 1) this.#b |= bit;
    else if (part === 2) this.#c |= bit;
    else this.#d |= bit;
  }

  copy(other: WordBag): void {
    this.#a = other.#a;
    this.#b = other.#b;
    this.#c = other.#c;
    this.#d = other.#d;
  }

  /** The share of all their words that both have: 0 to 1. */
  likeness(other: WordBag): number {
    const all =
      ones(this.#a | other.#a) +
      ones(this.#b | other.#b) +
      ones(this.#c | other.#c) +
      ones(this.#d | other.#d);
    if (all === 0) return 1;
    const both =
      ones(this.#a & other.#a) +
      ones(this.#b & other.#b) +
      ones(this.#c & other.#c) +
      ones(this.#d & other.#d);
    // The tool's name is a word that both have.
    return (both + 1) / (all + 1);
  }
}

function ones(bits: number): number {
  let x = bits - ((bits >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
