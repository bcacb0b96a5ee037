import type { Call } from "./call.ts";
import { WORK_LINES } from "./error-streak.ts";
import { type Loop, graver, judged } from "./loop.ts";
import type { Limits } from "./options.ts";
import { DOES } from "./tool-traits.ts";
import { WordBag } from "./word-bag.ts";

/** Prose has so many words, and no more marks between them than this. */
const PROSE_WORDS = 10;
const PROSE_MARKS = 1 / 3;
/** From this share of words on, on average, two texts say much the same. */
const ALIKE = 0.4;

/** Finds results that tell nothing new though the arguments differ. */
export class NoNews {
  readonly #limits: Limits;
  #tool = 0;
  #exact = 0;
  #soft = 0;
  #withoutIds = 0;
  /** The same telling result of one tool in a row. */
  #same = 0;
  /** The same call in a row, with results that differ in ids only. */
  #near = 0;
  /** Results of one tool in a row that are empty. */
  #nothing = 0;
  /** The same in other words. */
  #reworded = 1;
  #likeness = 0;
  readonly #words = new WordBag();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  judge(call: Call, isKnown: boolean): Loop | undefined {
    const { signature, result, tool, traits } = call;
    const isSameTool = tool === this.#tool;
    const isSame = isSameTool && result.soft === this.#soft;
    // A known call of another tool is no news either, so it does not end a streak.
    if (!isSameTool && isKnown) return undefined;
    const isNear = signature.exact === this.#exact && result.withoutIds === this.#withoutIds;
    this.#near = isNear ? this.#near + 1 : 1;
    this.#same = isSame ? this.#same + 1 : 1;
    this.#nothing = result.isEmpty && !result.isError ? (isSameTool ? this.#nothing : 0) + 1 : 0;
    this.#countReworded(call, isSame);
    this.#remember(call);
    if (call.isPolling || traits & (DOES.press | DOES.wait)) return undefined;
    return graver(graver(this.#ofResult(call), this.#ofCall()), this.#ofSearch(call));
  }

  /** A user has spoken. */
  halve(): void {
    this.#same >>= 1;
    this.#near >>= 1;
    this.#nothing >>= 1;
  }

  #remember({ signature, result, tool }: Call): void {
    this.#tool = tool;
    this.#exact = signature.exact;
    this.#soft = result.soft;
    this.#withoutIds = result.withoutIds;
    this.#words.copy(signature.words);
  }

  #countReworded({ signature, result }: Call, isSame: boolean): void {
    const { entries, tokens, marks, words } = signature;
    const isProse = entries === 1 && tokens >= PROSE_WORDS && marks <= tokens * PROSE_MARKS;
    const isAnswer = !result.isEmpty && !result.isError;
    const likeness = this.#likeness + words.likeness(this.#words);
    const isAlike = likeness >= this.#reworded * ALIKE;
    const isReworded = isSame && isProse && isAnswer && isAlike;
    this.#reworded = isReworded ? this.#reworded + 1 : 1;
    this.#likeness = isReworded ? likeness : 0;
  }

  #ofResult({ result, isMaking, signature }: Call): Loop | undefined {
    if (!result.isTelling || result.isError || isMaking) return undefined;
    const isWork = signature.lines >= WORK_LINES;
    return judged("no-news", this.#same, isWork ? this.#limits.work : this.#limits.noNews);
  }

  #ofCall(): Loop | undefined {
    const near = judged("near-repeat", this.#near, this.#limits.nearRepeat);
    return graver(near, judged("reworded", this.#reworded, this.#limits.reworded));
  }

  #ofSearch({ traits }: Call): Loop | undefined {
    const { nothingFound } = this.#limits;
    const found = judged("nothing-found", this.#nothing, nothingFound);
    // Silence is an answer where a tool does not look things up.
    return traits & DOES.read ? found : undefined;
  }
}
