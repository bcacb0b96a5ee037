import type { Call } from "./call.ts";
import { type Loop, type Patience, judged } from "./loop.ts";
import type { Limits } from "./options.ts";
import { Sightings } from "./sightings.ts";
import { DOES } from "./tool-traits.ts";

/** Finds calls that bring back what was known: repeats and cycles of any length, in any order. */
export class Repeats {
  readonly #limits: Limits;
  readonly #sightings: Sightings;
  #now = 0;
  /** Known calls in a row; of them, those seen for the `repeats`-th time; those in the order of before. */
  #known = 0;
  #often = 0;
  #inOrder = 0;
  #lastGap = 0;
  #isWarned = false;
  /** Failed calls since the last one that did not. */
  #failures = 0;
  /** The same making call in a row, with results of one form. */
  #made = 0;
  #lastMade = 0;
  #lastForm = 0;

  constructor(limits: Limits, maxCycleLength: number) {
    this.#limits = limits;
    // Twice, since calls that belong to no cycle may lie between.
    this.#sightings = new Sightings(2 * maxCycleLength);
  }

  /** Did the last call bring back what was known? */
  get isKnown(): boolean {
    return this.#known > 0;
  }

  /** Notes a call that neither begins nor ends a loop; true if it was made before. */
  pass(key: number): boolean {
    if (this.#sightings.has(key)) return true;
    this.#sightings.see(key, this.#now).count++;
    return false;
  }

  judge(call: Call): Loop | undefined {
    const sighting = this.#sightings.see(call.key, ++this.#now);
    const gap = this.#now - sighting.at;
    const isSteady = sighting.count < 2 || gap === sighting.gap;
    const isSeen = sighting.count > 0;
    sighting.count++;
    sighting.at = this.#now;
    sighting.gap = gap;
    const count = Math.max(sighting.count, this.#countMade(call));
    this.#countFailures(call);
    const patience = this.#patienceWith(call);
    const isOften = patience === undefined && count >= this.#limits.repeats.warn;
    if (isSeen || this.#made > 1) this.#goOn(gap, isOften);
    else this.#known = this.#often = this.#inOrder = this.#lastGap = 0;
    if (this.#known === 0) this.#isWarned = false;
    if (patience === undefined) return this.#round(count, gap, isSteady);
    const times = Math.min(count, this.#known + 1);
    return judged(
      "polling",
      call.result.isTransient ? Math.min(times, this.#failures) : times,
      patience,
    );
  }

  /** A user has spoken. */
  halve(): void {
    this.#sightings.halve();
    this.#known >>= 1;
    this.#often = this.#inOrder = 0;
  }

  #goOn(gap: number, isOften: boolean): void {
    this.#known++;
    if (isOften) this.#often++;
    // Equal distances one after another: the calls come in the order in which they came before.
    this.#inOrder = gap === this.#lastGap ? this.#inOrder + 1 : 0;
    this.#lastGap = gap;
  }

  #countFailures({ result, traits }: Call): void {
    if (result.isError) this.#failures++;
    else if (!(traits & DOES.wait)) this.#failures = 0;
  }

  #countMade({ isMaking, signature, result }: Call): number {
    const isSame = signature.exact === this.#lastMade && result.form === this.#lastForm;
    this.#lastMade = signature.exact;
    this.#lastForm = result.form;
    this.#made = isMaking && isSame && !result.isError ? this.#made + 1 : 1;
    return this.#made;
  }

  #patienceWith({ isPolling, result, traits }: Call): Patience | undefined {
    if (isPolling) return this.#limits.polling;
    if (result.isTransient) return this.#limits.transient;
    if (traits & DOES.press && !result.isTelling && !result.isError) return this.#limits.press;
    return undefined;
  }

  #round(count: number, gap: number, isSteady: boolean): Loop | undefined {
    const { repeats, known, scattered } = this.#limits;
    const isOften = count >= repeats.stop && this.#known >= repeats.warn;
    const isStop =
      (count >= repeats.warn && this.#known >= known.round && this.#inOrder >= repeats.warn) ||
      (this.#often >= repeats.warn && this.#known >= 3 * repeats.warn) ||
      (this.#known >= known.stop && this.#inOrder >= known.warn) ||
      this.#known >= known.any;
    const cycle = Math.max(1, gap);
    const kind = cycle === 1 ? "repeat" : "cycle";
    const isWarning =
      (count >= repeats.warn &&
        this.#known >= repeats.warn - 1 &&
        (isSteady || this.#often >= repeats.warn)) ||
      (this.#known >= known.warn && this.#inOrder >= known.warn - 2) ||
      count === scattered;
    // A round in good order is warned of before it is stopped.
    if (isOften || (isStop && this.#isWarned))
      return { kind, repeats: count, cycle, action: "stop" };
    if ((!isWarning && !isStop) || this.#isWarned) return undefined;
    this.#isWarned = true;
    return { kind, repeats: count, cycle, action: "warn" };
  }
}
