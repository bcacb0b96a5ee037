import type { Call } from "./call.ts";
import { type Loop, graver, judged } from "./loop.ts";
import type { Limits } from "./options.ts";
import { WordBag } from "./word-bag.ts";

/** From this share of words on, two calls are attempts at the same thing. */
const ALIKE = 0.4;
/** Arguments of so many lines are work of their own: each version deserves its try. */
export const WORK_LINES = 4;

/** Finds one error again and again: with other arguments, from other tools, or for one call. */
export class ErrorStreak {
  readonly #limits: Limits;
  /** One error of one tool. */
  #tool = 0;
  #line = 0;
  #count = 0;
  #likeness = 0;
  readonly #words = new WordBag();
  /** One error, whatever the tool. */
  #form = 0;
  #shared = 0;
  #isShared = false;
  /** One call, whatever the error. */
  #exact = 0;
  #failed = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  judge(call: Call, isKnown: boolean): Loop | undefined {
    const { signature, result } = call;
    if (!result.isError) {
      // Something new came back, so the errors before it were not all there is.
      if (!isKnown) this.halve();
      this.#failed = 0;
      return undefined;
    }
    this.#failed = signature.exact === this.#exact ? this.#failed + 1 : 1;
    this.#exact = signature.exact;
    const mixed = judged("error", this.#failed, this.#limits.mixedErrors);
    return graver(graver(this.#ofTool(call), this.#ofAll(call)), mixed);
  }

  /** A user has spoken, or something was found out. */
  halve(): void {
    this.#count = this.#shared = this.#failed = 0;
    this.#isShared = false;
  }

  #ofTool({ signature, result, tool }: Call): Loop | undefined {
    const isSame = this.#count > 0 && tool === this.#tool && result.errorLine === this.#line;
    this.#likeness = isSame ? this.#likeness + signature.words.likeness(this.#words) : 0;
    this.#count = isSame ? this.#count + 1 : 1;
    this.#tool = tool;
    this.#line = result.errorLine;
    this.#words.copy(signature.words);
    const isAlike = this.#likeness >= (this.#count - 1) * ALIKE && signature.lines < WORK_LINES;
    return judged("error", this.#count, isAlike ? this.#limits.error : this.#limits.otherError);
  }

  #ofAll({ result, tool }: Call): Loop | undefined {
    const isSame = this.#shared > 0 && result.form === this.#form;
    this.#shared = isSame ? this.#shared + 1 : 1;
    this.#isShared = isSame && (this.#isShared || tool !== this.#lastTool);
    this.#form = result.form;
    this.#lastTool = tool;
    return this.#isShared ? judged("error", this.#shared, this.#limits.sharedError) : undefined;
  }
  #lastTool = 0;
}
