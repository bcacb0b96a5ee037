import { Digest } from "./digest.ts";
import { ErrorForm, endsAsError } from "./error-form.ts";
import { RESULT_PAIRS, RESULT_WORDS, SAYS } from "./result-words.ts";
import { readable } from "./stretches.ts";
import { Tokens } from "./tokens.ts";
import { DOES } from "./tool-traits.ts";
import { KIND } from "./volatile-fields.ts";
import { neighbours, wordHash } from "./word-hash.ts";

const MASK = 0x5bd1e995;
/** What a result says of itself stands in so many characters at its beginning. */
const HEAD = 300;
/** An error that is somewhere in a text must be most of it; a file may well contain the word. */
const SHORT = 400;
const MAX_TEXT = 16_384;
/** Fewer characters than these tell nothing by themselves: many calls answer alike. */
const TELLING = 24;
/** An acknowledgement has no more words. */
const DONE_WORDS = 20;

const EXIT = wordHash("exit");
const TRACEBACK = wordHash("traceback");
const STATUS = wordHash("status");
const STATE = wordHash("state");

/** Reads a result once: hashes of what it says, and what sort of result it is. */
export class Result {
  /** Without times, durations, UUIDs, and values of volatile keys. */
  soft = 0;
  /** As `soft`, and without ids of mixed letters and digits. */
  withoutIds = 0;
  /** Of an error, and of what a making tool says: without numbers, paths, quoted parts as well. */
  form = 0;
  /** The form of the line that names the error. */
  errorLine = 0;
  isError = false;
  isTransient = false;
  isPending = false;
  isEmpty = false;
  /** Done, and no more to tell: `{ "status": "ok" }`. */
  isDone = false;
  /** Long and definite enough to be compared by itself, whatever the arguments were. */
  isTelling = false;

  readonly #tokens = new Tokens();
  readonly #soft = new Digest();
  readonly #withoutIds = new Digest();
  readonly #errorForm = new ErrorForm();
  #hasIds = false;
  #says = 0;
  #begins = 0;
  #hasError = false;
  #words = 0;
  #previous = 0;
  #hasStatus = false;
  #exit = "";
  #isProgram = false;

  /** `traits`: bits of `DOES` of the tool that answered. */
  read(text: string, traits: number): void {
    const { length } = text;
    const part = readable(text, MAX_TEXT);
    this.#soft.reset();
    this.#hasIds = this.#hasStatus = this.#isProgram = this.#hasError = false;
    this.#says = this.#begins = this.#words = this.#previous = 0;
    this.#exit = "";
    const tokens = this.#tokens;
    tokens.start(part);
    while (tokens.next()) this.#word(tokens);
    this.#add(tokens.gap);
    if (part.length < length) this.#add(length);
    this.soft = this.#soft.value();
    this.withoutIds = this.#hasIds ? this.#withoutIds.value() : this.soft;
    this.#judgeError(text, traits);
    this.#judgeRest(length, traits);
  }

  #judgeError(text: string, traits: number): void {
    const isShort = text.length < SHORT;
    // The messages of a command-line program begin with its name.
    const isMessage = this.#isProgram && (traits & DOES.shell) !== 0;
    this.isTransient = isShort && (this.#says & SAYS.transient) !== 0;
    const isFailure = (this.#begins & SAYS.error) !== 0 || this.#exit === "failed";
    this.isError = this.isTransient || isMessage || isFailure || (this.#hasError && isShort);
    this.form = this.errorLine = 0;
    if (!this.isError && !(traits & DOES.make)) return;
    this.#errorForm.read(text, isMessage);
    this.form = this.#errorForm.form;
    this.errorLine = this.#errorForm.line;
  }

  #judgeRest(length: number, traits: number): void {
    const says = this.isError ? 0 : this.#says;
    const words = this.#words;
    const isBare = this.#exit === "fine" && words <= 2;
    const saysNothing = words <= 4 && length < TELLING && (this.#says & SAYS.nothing) !== 0;
    this.isEmpty = !isBare && ((words === 0 && length < 8) || saysNothing);
    const isBrief = words <= DONE_WORDS && (says & SAYS.done) !== 0;
    this.isDone = !this.isEmpty && !this.isError && (isBare || isBrief);
    this.isTelling = !this.isEmpty && !this.isDone && length >= TELLING;
    const isAsked = this.#hasStatus || (traits & DOES.status) !== 0;
    this.isPending = length < HEAD && (says & SAYS.pending) !== 0 && isAsked;
  }

  #add(part: number): void {
    this.#soft.add(part);
    if (this.#hasIds) this.#withoutIds.add(part);
  }

  #word(token: Tokens): void {
    const { lower, kind, gap, from, to } = token;
    if (from < SHORT) this.#listen(token);
    // The marks before it count as well; its length, since the hash of a word alone is weak.
    const marks = Math.imul(gap, 31);
    const part = (kind === KIND.volatile ? MASK : lower + to - from) + marks;
    if (kind === KIND.id && !this.#hasIds) {
      this.#hasIds = true;
      this.#withoutIds.copy(this.#soft);
    }
    this.#soft.add(part);
    if (this.#hasIds) this.#withoutIds.add(kind === KIND.id ? MASK + marks : part);
    this.#previous = lower;
    this.#words++;
  }

  /** What does the word say of the result? */
  #listen(token: Tokens): void {
    const { lower, from, to, kind, text } = token;
    let says = RESULT_WORDS.of(lower);
    if (says & SAYS.second) says |= RESULT_PAIRS.of(neighbours(this.#previous, lower));
    if (endsAsError(text, to)) says |= SAYS.error;
    if (says & SAYS.error) this.#hasError = true;
    if (this.#words < 4) this.#listenFirst(token, says);
    if (from >= HEAD) return;
    // A state that ends in -ing, such as exporting, is not there yet.
    const isState = this.#previous === STATUS || this.#previous === STATE;
    if (isState && kind === KIND.word && endsAsDoing(text, to)) says |= SAYS.pending;
    this.#says |= says;
    if (lower === STATUS || lower === STATE) this.#hasStatus = true;
  }

  #listenFirst({ lower, from, to, text }: Tokens, says: number): void {
    this.#begins |= says;
    if (lower === TRACEBACK) this.#begins |= SAYS.error;
    if (this.#words === 0) this.#isProgram = isName(text, from, to);
    if (this.#words !== 1 || this.#previous !== EXIT) return;
    this.#exit = text.charCodeAt(from) === 48 ? "fine" : "failed";
  }
}

/** `tar: `, at the very beginning of a text. */
function isName(text: string, from: number, to: number): boolean {
  const first = text.charCodeAt(from);
  return (
    first > 96 &&
    first < 123 &&
    from < 2 &&
    text.charCodeAt(to) === 58 &&
    text.charCodeAt(to + 1) === 32
  );
}

/** `running` */
function endsAsDoing(text: string, to: number): boolean {
  return text.slice(to - 3, to).toLowerCase() === "ing";
}
