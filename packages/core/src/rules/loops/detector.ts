import { AcrossRuns } from "./across-runs.ts";
import type { Call } from "./call.ts";
import { paired } from "./digest.ts";
import { ErrorStreak } from "./error-streak.ts";
import { type Loop, graver } from "./loop.ts";
import { NoNews } from "./no-news.ts";
import {
  type LoopOptions,
  type Limits,
  type ThreadMemory,
  limitsOf,
  wholeNumber,
} from "./options.ts";
import { Repeats } from "./repeats.ts";
import { textOf } from "./result-text.ts";
import { Result } from "./result.ts";
import { Signature } from "./signature.ts";
import { DOES } from "./tool-traits.ts";
import { type Tool, Tools } from "./tools.ts";

/** A finished call of a tool. */
export interface ToolCall {
  readonly name: string;
  /** As an object, or as the JSON text that a provider sends. */
  readonly arguments: unknown;
  /** What the tool gave back, as the model will see it. */
  readonly output: unknown;
}

/** Arguments of so many characters say what a call is, without its volatile fields. */
const TALKATIVE = 200;

/**
 * Finds loops in the calls of a run, one call at a time, in constant time and memory; keeps hashes,
 * no text.
 *
 * @example
 * const loops = new LoopDetector();
 * const loop = loops.record({ name: "look_up", arguments: { order: 7 }, output: "Not found." });
 * if (loop?.action === "stop") endTheRun(loop);
 */
export class LoopDetector {
  readonly #limits: Limits;
  readonly #maxCycleLength: number;
  readonly #tools: Tools;
  readonly #across: AcrossRuns;
  readonly #signature = new Signature();
  readonly #result = new Result();
  #repeats: Repeats;
  #errors: ErrorStreak;
  #noNews: NoNews;

  constructor(options: LoopOptions = {}) {
    const { repeats, maxCycleLength, tools = {}, memory } = options;
    this.#limits = limitsOf(
      wholeNumber(repeats, { path: "repeats", least: 2, most: 16, default: 3 }),
    );
    this.#maxCycleLength = wholeNumber(maxCycleLength, {
      path: "maxCycleLength",
      least: 1,
      most: 128,
      default: 32,
    });
    this.#tools = new Tools(tools);
    this.#across = new AcrossRuns(this.#limits, memory);
    this.#repeats = new Repeats(this.#limits, this.#maxCycleLength);
    this.#errors = new ErrorStreak(this.#limits);
    this.#noNews = new NoNews(this.#limits);
  }

  /** What to keep of the thread for a later run: give it to the next detector as `memory`. */
  get memory(): ThreadMemory {
    return this.#across.memory;
  }

  /** Takes in a finished call; says which loop it belongs to, or null. Never throws. */
  record(call: ToolCall): Loop | null {
    const tool = this.#tools.called(call.name);
    const limited = this.#tools.overstepped(tool);
    const read = this.#read(call, tool);
    // A thought is no step: it neither begins a loop nor ends one, unless it is the same thought.
    const isThought = (tool.traits & DOES.note) !== 0 && !this.#repeats.pass(read.key);
    return graver(limited, isThought ? undefined : this.#judge(read)) ?? null;
  }

  /** The user has spoken: what was asked before may be asked again, so the counts are halved. */
  userTurn(): void {
    this.#repeats.halve();
    this.#errors.halve();
    this.#noNews.halve();
  }

  /** A run of the thread has ended and the next one begins. */
  nextRun(outcome: "ok" | "failed"): void {
    this.#across.endRun(outcome);
    this.#tools.restart();
    this.#repeats = new Repeats(this.#limits, this.#maxCycleLength);
    this.#errors = new ErrorStreak(this.#limits);
    this.#noNews = new NoNews(this.#limits);
  }

  #read(call: ToolCall, { hash, traits, polling }: Tool): Call {
    const signature = this.#signature;
    const result = this.#result;
    signature.read(hash, call.arguments);
    result.read(textOf(call.output), traits);
    const isPending = result.isPending || (traits & DOES.wait) !== 0;
    const outcome = result.isError ? result.withoutIds : result.soft;
    return {
      signature,
      result,
      traits,
      tool: hash,
      key: paired(this.#asked(traits), outcome),
      isPolling: polling === undefined ? isPending : polling && !result.isError,
      isMaking: (traits & DOES.make) !== 0,
    };
  }

  /** What was asked; without volatile fields where these can't be what it is about. */
  #asked(traits: number): number {
    const { exact, keyed, soft, entries, size } = this.#signature;
    if (this.#result.isTelling) return soft;
    const isLookUp = (traits & DOES.read) !== 0 && entries >= 2;
    return isLookUp || size >= TALKATIVE ? keyed : exact;
  }

  #judge(call: Call): Loop | undefined {
    const repeat = this.#repeats.judge(call);
    const { isKnown } = this.#repeats;
    const error = this.#errors.judge(call, isKnown);
    const noNews = this.#noNews.judge(call, isKnown);
    return graver(graver(graver(repeat, error), noNews), this.#across.judge(call));
  }
}
