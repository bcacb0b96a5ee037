import { Digest } from "./digest.ts";
import { RESULT_PAIRS, RESULT_WORDS, SAYS } from "./result-words.ts";
import { Tokens, isQuote } from "./tokens.ts";
import { KIND } from "./volatile-fields.ts";
import { neighbours } from "./word-hash.ts";

const MASK = 0x5bd1e995;
const MAX_TEXT = 4096;
/** A quoted part is not longer. */
const MAX_QUOTE = 120;
/** Of a line only so many words count: what follows is often the input. */
const LINE_WORDS = 14;
const LINE_END = 10;
const DOUBLE_QUOTE = 34;

/**
 * The form of a message: what is left of it without numbers, ids, paths and quoted parts, so that
 * `no order 71` and `no order 72` are one error.
 */
export class ErrorForm {
  /** Of the whole text. */
  form = 0;
  /** Of the first line that names an error, else of the first one. */
  line = 0;
  readonly #tokens = new Tokens();
  readonly #form = new Digest();
  readonly #line = new Digest();
  /** Where the last quoted part ends. */
  #quoteEnd = -1;
  #words = 0;
  #isError = false;
  #hasError = false;
  #isJson = false;
  #isFirst = false;

  /** `isFirst`: the message of a program, named by its first line. */
  read(text: string, isFirst: boolean): void {
    const tokens = this.#tokens;
    this.#form.reset();
    this.#line.reset();
    this.#quoteEnd = -1;
    this.line = this.#words = 0;
    this.#isError = this.#hasError = false;
    this.#isFirst = isFirst;
    const first = text.charCodeAt(0);
    this.#isJson = first === 123 || first === 91;
    tokens.start(text.slice(0, MAX_TEXT));
    let previous = 0;
    let last = 0;
    while (tokens.next()) {
      this.#marks(last, tokens.from);
      if (tokens.from > this.#quoteEnd) this.#word(tokens);
      this.#isError ||= namesError(tokens, previous);
      previous = tokens.lower;
      last = tokens.to;
    }
    this.#marks(last, tokens.to);
    this.#endLine();
    this.form = this.#form.value();
  }

  #word({ kind, lower }: Tokens): void {
    const part = kind === KIND.word ? lower : MASK;
    this.#form.add(part);
    if (this.#words++ < LINE_WORDS) this.#line.add(part);
  }

  /** What stands between two words: marks, quotes, ends of lines. */
  #marks(from: number, to: number): void {
    const { text } = this.#tokens;
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at);
      if (code < 33 && code !== LINE_END) continue;
      if (at <= this.#quoteEnd) continue;
      if (code === LINE_END) this.#endLine();
      else if (isQuote(code) && this.#skipQuoted(code, at)) this.#add(MASK);
      else if (!isLight(code)) this.#add(code);
    }
  }

  #add(part: number): void {
    this.#form.add(part);
    this.#line.add(part);
  }

  /** Is something quoted here? Then what stands up to the other quote is mostly the input. */
  #skipQuoted(code: number, from: number): boolean {
    // In JSON everything is in double quotes.
    if (code === DOUBLE_QUOTE && this.#isJson) return false;
    const { text } = this.#tokens;
    const stop = Math.min(text.length, from + MAX_QUOTE);
    let at = from + 1;
    while (at < stop && text.charCodeAt(at) !== code) at++;
    if (at === stop || at === from + 1) return false;
    this.#quoteEnd = at;
    return true;
  }

  #endLine(): void {
    if (this.#words === 0) return;
    const isNamed = this.#isError && !this.#isFirst && !this.#hasError;
    if (isNamed || this.line === 0) this.line = this.#line.value();
    this.#hasError ||= this.#isError;
    this.#line.reset();
    this.#words = 0;
    this.#isError = false;
  }
}

function namesError({ lower, to, text }: Tokens, previous: number): boolean {
  const says = RESULT_WORDS.of(lower);
  const together = says & SAYS.second ? RESULT_PAIRS.of(neighbours(previous, lower)) : 0;
  return ((says | together) & SAYS.error) !== 0 || endsAsError(text, to);
}

/** `KeyError`, `java.io.IOException`: by the last letters of the word that ends there. */
export function endsAsError(text: string, to: number): boolean {
  const last = text.charCodeAt(to - 1);
  if (last === 114)
    return text.charCodeAt(to - 2) === 111 && text.charCodeAt(to - 3) === 114 && isE(text, to - 5);
  return (
    last === 110 &&
    text.charCodeAt(to - 2) === 111 &&
    text.charCodeAt(to - 5) === 112 &&
    isE(text, to - 9)
  );
}

function isE(text: string, at: number): boolean {
  return (text.charCodeAt(at) | 32) === 101;
}

/** Marks that come and go with what they stand beside: `.`, `,`, `/`, `-`, `\`, `#`. */
function isLight(code: number): boolean {
  return (code >= 44 && code <= 47) || code === 92 || code === 35;
}
