import { DIGIT, JOINT, LETTER, SPACE, classOf } from "./characters.ts";
import { RESULT_WORDS, SAYS } from "./result-words.ts";
import { KIND, type Shape, kindOf } from "./volatile-fields.ts";
import { VOLATILE_KEYS } from "./volatile-keys.ts";
import { FIRST, stepped } from "./word-hash.ts";

const LINE_END = 10;
const BLANK = 32;
const QUOTE = 34;
const APOSTROPHE = 39;
const COMMA = 44;
const DASH = 45;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const EQUALS = 61;
const BACKTICK = 96;
/** A longer word is read as several. */
const MAX_WORD = 256;

/**
 * Walks over a text word by word, in one pass, without regular expressions and without making
 * strings. A word may as well be a number, an id, a path.
 */
export class Tokens implements Shape {
  /** Where the word begins in `text`. */
  from = 0;
  /** Where it ends. */
  to = 0;
  /** Its hash, in lower case. */
  lower = 0;
  /** Which of its letters are capitals: 0 if none is. */
  capital = 0;
  /** One of `KIND`. */
  kind = 0;
  /** The hash of the marks before it, white space left out: 0 if there are none. */
  gap = 0;
  /** Marks and ends of lines so far. */
  marks = 0;
  lines = 0;
  letters = 0;
  digits = 0;
  dashes = 0;
  colons = 0;
  slashes = 0;
  dots = 0;

  /** The text itself. */
  text = "";

  #end = 0;
  #isValueVolatile = false;

  /** Begins a text. */
  start(text: string): void {
    this.text = text;
    this.#end = text.length;
    this.to = this.marks = this.lines = 0;
    this.#isValueVolatile = false;
  }

  /** Goes to the next word; at the end false, with the marks that are left in `gap`. */
  next(): boolean {
    const { text } = this;
    const end = this.#end;
    let gap = 0;
    let at = this.to;
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      // The one space between two words is what most gaps are.
      if (code === BLANK) continue;
      if (code > 96 && code < 123) break;
      const sort = classOf(code);
      if (sort === LETTER || sort === DIGIT) break;
      if (code === LINE_END) this.lines++;
      if (sort === SPACE) continue;
      if (code === COMMA) this.#isValueVolatile = false;
      gap = stepped(gap, code);
      this.marks++;
    }
    this.gap = gap;
    if (at === end) {
      this.to = this.from = at;
      return false;
    }
    this.#readWord(at);
    return true;
  }

  #readWord(from: number): void {
    const { text } = this;
    const end = Math.min(this.#end, from + MAX_WORD);
    let lower = FIRST;
    let capital = 0;
    let digits = 0;
    let joints = 0;
    let at = from;
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code > 96 && code < 123) {
        lower = stepped(lower, code);
        continue;
      }
      if (code < 33) break;
      let small = code;
      const sort = classOf(code);
      if (sort === DIGIT) digits++;
      else if (sort === LETTER) {
        if (code > 64 && code < 91) {
          small = code | 32;
          capital = stepped(capital, at - from + 1);
        }
      } else if (sort === JOINT && at + 1 < end && isWordlike(text, at + 1)) {
        if (joints++ === 0) this.dashes = this.colons = this.slashes = this.dots = 0;
        this.#count(code);
      } else break;
      lower = stepped(lower, small);
    }
    this.from = from;
    this.to = at;
    this.lower = lower;
    this.capital = capital;
    this.digits = digits;
    this.letters = at - from - digits - joints;
    this.#judge(joints);
  }

  #count(joint: number): void {
    if (joint === DASH) this.dashes++;
    else if (joint === COLON) this.colons++;
    else if (joint === SLASH) this.slashes++;
    else if (joint === DOT) this.dots++;
  }

  #judge(joints: number): void {
    const { text } = this;
    let kind: number = KIND.word;
    if (this.digits + joints > 0) {
      if (joints === 0) this.dashes = this.colons = this.slashes = this.dots = 0;
      kind = kindOf(this, text);
      if (kind === KIND.number && this.#isBeforeUnit()) kind = KIND.volatile;
    }
    this.kind = this.#isValueVolatile ? KIND.volatile : kind;
    this.#isValueVolatile = this.#isBeforeValue() && VOLATILE_KEYS.of(this.lower) !== 0;
  }

  /** Is this a key, as in `"took": 3` or `took=3`? */
  #isBeforeValue(): boolean {
    const { text } = this;
    if (this.to + 1 >= this.#end) return false;
    const code = text.charCodeAt(this.to);
    if (code === COLON || code === EQUALS) return true;
    return (code === QUOTE || code === APOSTROPHE) && text.charCodeAt(this.to + 1) === COLON;
  }

  /** Does a unit of time follow, as in `took 12 seconds`? */
  #isBeforeUnit(): boolean {
    const { text } = this;
    if (this.to >= this.#end) return false;
    const from = this.to + (text.charCodeAt(this.to) === BLANK ? 1 : 0);
    let hash = FIRST;
    let at = from;
    for (; at < Math.min(this.#end, from + 7) && classOf(text.charCodeAt(at)) === LETTER; at++) {
      hash = stepped(hash, text.charCodeAt(at) | 32);
    }
    return at > from && (RESULT_WORDS.of(hash) & SAYS.unit) !== 0;
  }
}

function isWordlike(text: string, at: number): boolean {
  const sort = classOf(text.charCodeAt(at));
  return sort === LETTER || sort === DIGIT;
}

/** Does it begin or end a quoted part? */
export function isQuote(code: number): boolean {
  return code === QUOTE || code === APOSTROPHE || code === BACKTICK;
}
