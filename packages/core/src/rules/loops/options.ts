// oxlint-disable-next-line no-restricted-imports -- the neighbour is a rule too; the arrow's pattern knows one folder level
import { InvalidValue } from "../invalid.ts";
import type { Patience } from "./loop.ts";

/** What the app knows of a tool, and its name may not say. */
export interface ToolSettings {
  /**
   * `true`: equal calls are harmless, as with look-ups. `false`: each call does it again, as with
   * payments, so equal calls in a row count even if each result has a new id. Default: by its name.
   */
  readonly idempotent?: boolean;
  /**
   * `true`: it is asked again and again until something has happened, so equal results are borne
   * longer. `false`: never. Default: by its name and by what its results say.
   */
  readonly polling?: boolean;
  /** So many calls a run are fine. With the last of them comes a warning, then a stop. Default: any. */
  readonly maxCalls?: number;
}

/** What a `LoopDetector` is made with. */
export interface LoopOptions {
  /** At which round of equal calls with equal results to warn; one later it stops. 2 to 16, default 3. */
  readonly repeats?: number;
  /** How many calls the longest cycle may have. 1 to 128, default 32. */
  readonly maxCycleLength?: number;
  /** By name. */
  readonly tools?: Readonly<Record<string, ToolSettings>>;
  /** What earlier runs of the thread have left: their detector's `memory`. */
  readonly memory?: ThreadMemory;
}

/** What is kept of a thread between its runs: hashes and counts, no text; fit for JSON. */
export interface ThreadMemory {
  /** How the last run ended: a hash of its last call and the error. 0: not with an error. */
  readonly end: number;
  /** How many failed runs in a row ended so. */
  readonly ends: number;
  /** A hash of all the calls of the last failed run. */
  readonly chain: number;
  /** How many failed runs in a row were made of these calls. */
  readonly chains: number;
}

/** How many times each thing is borne. */
export interface Limits {
  readonly repeats: Patience;
  /** Equal calls with other work between, such as a test that fails in the same way after each edit. */
  readonly scattered: number;
  /** Calls in a row that are all known: from here on their order counts, then it does not. */
  readonly known: {
    readonly round: number;
    readonly warn: number;
    readonly stop: number;
    readonly any: number;
  };
  readonly transient: Patience;
  readonly polling: Patience;
  readonly press: Patience;
  readonly error: Patience;
  readonly otherError: Patience;
  readonly sharedError: Patience;
  readonly mixedErrors: Patience;
  readonly nearRepeat: Patience;
  readonly noNews: Patience;
  readonly work: Patience;
  readonly nothingFound: Patience;
  readonly reworded: Patience;
  readonly runs: Patience;
}

/** All limits follow from `repeats`, so that one number makes the detector more or less patient. */
export function limitsOf(repeats: number): Limits {
  const r = repeats;
  return {
    repeats: { warn: r, stop: r + 1 },
    scattered: 3 * r - 1,
    known: { round: 2 * r - 1, warn: 4 * r, stop: 5 * r - 1, any: 7 * r - 1 },
    transient: { warn: r + 1, stop: 2 * r },
    polling: { warn: 4 * r, stop: 7 * r + 1 },
    press: { warn: 3 * r, stop: 5 * r - 1 },
    error: { warn: r + 1, stop: 2 * r },
    otherError: { warn: r + 1, stop: 2 * r + 2 },
    sharedError: { warn: 2 * r - 1, stop: 2 * r + 1 },
    mixedErrors: { warn: 2 * r - 1, stop: 2 * r + 2 },
    nearRepeat: { warn: r + 1, stop: 2 * r },
    noNews: { warn: r + 1, stop: 2 * r },
    work: { warn: r + 1, stop: 2 * r + 2 },
    nothingFound: { warn: 4 * r, stop: 5 * r + 1 },
    reworded: { warn: 2 * r - 1, stop: 2 * r },
    runs: { warn: r, stop: r + 1 },
  };
}

/** The number given, or its default; refused if it can't be meant. */
export function wholeNumber(
  found: number | undefined,
  at: {
    readonly path: string;
    readonly least: number;
    readonly most: number;
    readonly default: number;
  },
): number {
  if (found === undefined) return at.default;
  if (Number.isInteger(found) && found >= at.least && found <= at.most) return found;
  const allowed = `a whole number from ${at.least} to ${at.most}`;
  throw new InvalidValue({ path: at.path, found, allowed });
}
