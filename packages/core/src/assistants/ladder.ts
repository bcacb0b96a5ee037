/** What becomes of a loop: the model is told, then its tools are taken away, then the run is stopped. */
import type { Loop, LoopKind } from "../rules/index.ts";

/** The rungs, from the mildest on. `withhold` takes the looping tool first, then all of them. */
type Rung = "tell" | "withhold" | "stop";

/** Where the ladder begins: a rung, or a function of the loop; `ignore` lets this one pass. */
export type OnLoop = Rung | ((loop: Loop, tool: string) => Rung | "ignore");

/** What to do now. */
type Measure =
  | { readonly kind: "tell"; readonly loop: Loop; readonly note: string }
  /** The tool is not offered any more; `all`: none is, and the next step answers. */
  | { readonly kind: "withhold"; readonly loop: Loop; readonly note: string; readonly all: boolean }
  | { readonly kind: "stop"; readonly loop: Loop };

export interface Ladder {
  /** What a loop that was found in this tool's call leads to; nothing where it is borne. */
  readonly climb: (loop: Loop, tool: string) => Measure | undefined;
  /** Whether a tool may be offered. */
  readonly offers: (tool: string) => boolean;
  /** The loop for which all tools were taken away. */
  readonly ended: () => Loop | undefined;
}

/** A ladder of one run. */
export function ladder(onLoop: OnLoop = "tell"): Ladder {
  const withheld = new Set<string>();
  let ended: Loop | undefined;

  function climb(loop: Loop, tool: string): Measure | undefined {
    const first = typeof onLoop === "function" ? onLoop(loop, tool) : onLoop;
    if (first === "ignore") return undefined;
    if (loop.action === "warn" && first === "tell")
      return { kind: "tell", loop, note: noteOf(loop, tool) };
    if (first === "stop" || ended) return { kind: "stop", loop };
    // A second loop, of whatever tool: the model does not find out by itself.
    const all = withheld.size > 0;
    withheld.add(tool);
    if (all) ended = loop;
    return {
      kind: "withhold",
      loop,
      all,
      note: `${noteOf(loop, tool)} ${withheldNote(tool, all)}`,
    };
  }

  return {
    climb,
    offers: (tool) => ended === undefined && !withheld.has(tool),
    ended: () => ended,
  };
}

function withheldNote(tool: string, all: boolean): string {
  return all
    ? "No more tools can be called. Answer now with what you know, and say what is missing."
    : `${tool} can't be called any more in this run. Go on without it, or answer with what you know.`;
}

const times = new Intl.PluralRules("en", { type: "ordinal" });
const SUFFIX: Readonly<Record<string, string>> = { one: "st", two: "nd", few: "rd", other: "th" };

function nth(count: number): string {
  return `${count}${SUFFIX[times.select(count)] ?? "th"}`;
}

/** What was seen, so that the model can change course. */
function noteOf(loop: Loop, tool: string): string {
  return `[Note: ${SEEN[loop.kind](tool, loop)} Doing it again will not change that: do something else, or answer with what you know.]`;
}

const SEEN: Readonly<Record<LoopKind, (tool: string, loop: Loop) => string>> = {
  repeat: (tool, { repeats }) =>
    `this is the ${nth(repeats)} call of ${tool} with the same arguments and the same result.`,
  cycle: (tool, { repeats, cycle }) =>
    `the same ${cycle} calls, ${tool} among them, have been made ${repeats} times with the same results.`,
  "near-repeat": (tool, { repeats }) =>
    `this is the ${nth(repeats)} call of ${tool} that differs only in ids or times, with the same result.`,
  error: (tool, { repeats }) => `${tool} has failed ${repeats} times in the same way.`,
  "no-news": (tool, { repeats }) =>
    `${repeats} calls of ${tool} with other arguments have given the same result.`,
  "nothing-found": (tool, { repeats }) => `${repeats} look-ups with ${tool} have found nothing.`,
  reworded: (tool, { repeats }) =>
    `the same has been put to ${tool} ${repeats} times in other words, with the same result.`,
  polling: (tool, { repeats }) =>
    `${tool} has been asked ${repeats} times, and nothing has moved; it may take longer than you have.`,
  "max-calls": (tool, { repeats }) =>
    `${tool} has been called ${repeats} times, which is as often as it may be.`,
  "across-runs": (tool, { repeats }) =>
    `${repeats} runs of this conversation have failed in the same way, the last time with ${tool}.`,
};
