/** The hash of a word without letters. */
export const FIRST: number = 0x811c9dc5 | 0;

/** The hash that a lower-case word has once it is read letter by letter, as `Tokens` does. */
export function wordHash(word: string): number {
  let hash = FIRST;
  for (let at = 0; at < word.length; at++) hash = stepped(hash, word.charCodeAt(at));
  return hash;
}

/** The hash of a word, one letter longer. */
export function stepped(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

/** The hash of two words beside each other. */
export function neighbours(first: number, second: number): number {
  return (Math.imul(first, 31) + second) | 0;
}

/** Bits by the hash of a word. */
export class WordTable {
  readonly #bits: ReadonlyMap<number, number>;
  /** Most words are in no table, and a look into an array is faster than one into a map. */
  readonly #maybe = new Uint8Array(4096);

  constructor(bits: ReadonlyMap<number, number>) {
    this.#bits = bits;
    for (const hash of bits.keys()) this.#maybe[hash & 4095] = 1;
  }

  /** The bits of a word, 0 for any other one. */
  of(hash: number): number {
    return this.#maybe[hash & 4095] === 1 ? (this.#bits.get(hash) ?? 0) : 0;
  }
}

/** Which bits the words of each group stand for; a word may be in several groups. */
export function wordTable<Group extends string>(
  groups: Readonly<Record<Group, string>>,
  bits: Readonly<Record<Group, number>>,
): WordTable {
  const table = new Map<number, number>();
  for (const group in groups) {
    for (const words of groups[group].split(/\s+/)) {
      if (words === "") continue;
      const hash = words
        .split("+")
        .map(wordHash)
        .reduce((first, second) => neighbours(first, second));
      table.set(hash, (table.get(hash) ?? 0) | bits[group]);
    }
  }
  return new WordTable(table);
}
