/** What a scenario is given, and what it gives back. */

/** How the bench was asked to run. */
export interface Flags {
  /** How many rounds count; one more warms up. */
  readonly rounds: number;
  /** How long one contestant is measured in one round. */
  readonly ms: number;
  /** A quick look: fewer, shorter rounds and smaller ledgers. */
  readonly quick: boolean;
  /** Also what takes gigabytes and minutes. */
  readonly full: boolean;
}

/** What a scenario stands on. */
export interface Bench extends Flags {
  /** Says what is being done, for the progress line. */
  readonly tell: (doing: string) => void;
  /** Everything that is to be closed when the scenario ends, or is ended. */
  readonly closing: AsyncDisposableStack;
}

/** One thing measured in a group. */
export interface Row {
  readonly name: string;
  readonly value: number;
  /** Against the group's base, as the median over rounds; absent where there is none. */
  readonly ratio?: number;
  readonly isOurs: boolean;
  /** Milliseconds. */
  readonly p99?: number;
}

export interface Goal {
  /** Reads on from the number: `of the no-op middleware's requests`. */
  readonly of: string;
  readonly sense: "at least" | "at most" | "exactly";
  readonly wanted: number;
  readonly found: number;
  /** `x` for a ratio. */
  readonly unit: "x" | "ms" | "%" | "";
}

/** Rows that were measured side by side. */
export interface Group {
  readonly title: string;
  readonly unit: string;
  /** The row that the others are compared with. */
  readonly base?: string;
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  /** Whether it is one of the few that the chart shows. */
  readonly isCharted?: boolean;
}

export interface Scenario {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** What was done, in a sentence or two. */
  readonly about: string;
  readonly run: (bench: Bench) => Promise<readonly Group[]>;
}

export interface Result {
  readonly scenario: Scenario;
  readonly groups: readonly Group[];
}

export function isMet({ sense, wanted, found }: Goal): boolean {
  switch (sense) {
    case "at least":
      return found >= wanted;
    case "at most":
      return found <= wanted;
    case "exactly":
      return found === wanted;
  }
}
