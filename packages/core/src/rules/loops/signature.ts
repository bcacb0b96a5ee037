import { Digest, paired } from "./digest.ts";
import { readable } from "./stretches.ts";
import { Tokens } from "./tokens.ts";
import { KIND } from "./volatile-fields.ts";
import { VOLATILE_KEYS } from "./volatile-keys.ts";
import { WordBag } from "./word-bag.ts";
import { FIRST, stepped } from "./word-hash.ts";

const MAX_DEPTH = 64;
const MAX_VALUES = 4096;
/** Characters read of one call. */
const MAX_TEXT = 32_768;
/** Characters read of a string once those are used up. */
const MIN_TEXT = 128;
const MAX_KEY = 256;
const MASK = 0x5bd1e995;
const MAX_BIGINT = 2n ** 256n;

const bits = new DataView(new ArrayBuffer(8));

/**
 * Reads a call once, into hashes: of all its arguments, and of what is left without volatile fields.
 * Neither the order of keys nor white space matters. No text is built or kept.
 */
export class Signature {
  /** Of the name and all the arguments. */
  exact = 0;
  /** Without volatile keys, times, UUIDs, and the difference of small letters and capitals. */
  soft = 0;
  /** Without volatile keys at the top. */
  keyed = 0;
  /** How many entries are at the top, volatile keys left out. */
  entries = 0;
  /** Words, numbers and ids in its strings; marks between them; ends of lines; characters. */
  tokens = 0;
  marks = 0;
  lines = 0;
  size = 0;
  /** The words of its strings. */
  readonly words: WordBag = new WordBag();

  readonly #tokens = new Tokens();
  readonly #exact = new Digest();
  readonly #softer = new Digest();
  /** Has the text anything by which the two differ? */
  #isParted = false;
  #soft = 0;
  #values = 0;
  #unread = 0;
  #small = 0;

  read(name: number, args: unknown): void {
    this.keyed =
      this.entries =
      this.tokens =
      this.marks =
      this.lines =
      this.size =
      this.#values =
        0;
    this.words.clear();
    let exact: number;
    try {
      exact = this.#value(typeof args === "string" ? parsed(args) : args, 0);
    } catch {
      // A getter or a proxy that throws: what can't be read is equal to nothing.
      exact = this.#soft = this.keyed = ++this.#unread;
    }
    this.exact = paired(name, exact);
    this.soft = paired(name, this.#soft);
    this.keyed = paired(name, this.keyed);
  }

  #value(value: unknown, depth: number): number {
    if (++this.#values > MAX_VALUES || depth > MAX_DEPTH) return this.#leaf(9, 9);
    switch (typeof value) {
      case "string":
        return this.#string(value);
      case "number":
        bits.setFloat64(0, value);
        return this.#leaf(bits.getInt32(0) + 11, bits.getInt32(4));
      case "bigint":
        return this.#string(value > MAX_BIGINT ? "large" : value.toString());
      case "object":
        if (value === null) return this.#leaf(5, 1);
        if (Array.isArray(value)) return this.#list(value, depth);
        return isRecord(value) ? this.#entries(value, depth) : this.#leaf(8, 1);
      default:
        return this.#leaf(6, value === true ? 1 : value === false ? 2 : 3);
    }
  }

  #leaf(a: number, b: number): number {
    this.#soft = paired(a, b);
    return this.#soft;
  }

  #string(text: string): number {
    const tokens = this.#tokens;
    const part = readable(text, Math.max(MIN_TEXT, MAX_TEXT - this.size));
    this.size += part.length;
    this.#isParted = false;
    this.#exact.reset();
    tokens.start(part);
    while (tokens.next()) this.#word(tokens);
    this.#add(tokens.gap);
    if (part.length < text.length) this.#add(text.length);
    this.lines += tokens.lines;
    this.marks += tokens.marks;
    const exact = this.#exact.value();
    this.#soft = this.#isParted ? this.#softer.value() : exact;
    return exact;
  }

  #word({ lower, capital, kind, gap, from, to }: Tokens): void {
    // With the marks before it, and its length, since hashes of a word alone are weak.
    const plain = lower + to - from + Math.imul(gap, 31);
    const isVolatile = kind === KIND.volatile;
    this.tokens++;
    if (!isVolatile) this.words.add(lower);
    if (capital === 0 && !isVolatile) {
      this.#add(plain);
      return;
    }
    if (!this.#isParted) {
      this.#isParted = true;
      this.#softer.copy(this.#exact);
    }
    this.#exact.add(plain + capital);
    this.#softer.add(isVolatile ? MASK + Math.imul(gap, 31) : plain);
  }

  #add(part: number): void {
    this.#exact.add(part);
    if (this.#isParted) this.#softer.add(part);
  }

  #list(values: readonly unknown[], depth: number): number {
    let exact = values.length;
    let soft = values.length;
    for (const value of values) {
      if (this.#values > MAX_VALUES) break;
      exact = paired(exact, this.#value(value, depth + 1));
      soft = paired(soft, this.#soft);
    }
    this.#soft = soft;
    return exact;
  }

  /** Each entry is hashed for itself and all are put together by XOR: their order can't matter. */
  #entries(values: Readonly<Record<string, unknown>>, depth: number): number {
    let exact = 7;
    let softer = 7;
    for (const key in values) {
      if (this.#values > MAX_VALUES) break;
      const name = this.#hashKey(key);
      const small = this.#small;
      this.words.add(small);
      const value: unknown = values[key];
      const entry = paired(name, this.#value(value, depth + 1));
      exact ^= entry;
      if (VOLATILE_KEYS.of(small) !== 0) continue;
      softer ^= paired(small, this.#soft);
      if (depth > 0) continue;
      this.entries++;
      this.keyed ^= entry;
    }
    this.#soft = softer;
    return exact;
  }

  /** A key's hash as it stands; `small` is the one in lower case. */
  #hashKey(key: string): number {
    let name = key.length;
    let small = FIRST;
    const end = Math.min(key.length, MAX_KEY);
    for (let at = 0; at < end; at++) {
      const code = key.charCodeAt(at);
      name = stepped(name, code);
      small = stepped(small, code > 64 && code < 91 ? code | 32 : code);
    }
    this.#small = small;
    return name;
  }
}

function isRecord(value: object): value is Record<string, unknown> {
  return !Array.isArray(value);
}

/** Providers give arguments as JSON text: its key order must not matter either. */
function parsed(text: string): unknown {
  if (text.length > MAX_TEXT) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
