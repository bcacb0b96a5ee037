/** The detector, and simple rules that others have published, in our own words. */
import { LoopDetector, type ToolCall } from "@assistants-budget/core";

export interface Rule {
  /** What it says of a finished call; a rule that only stops says `true`. */
  record(call: ToolCall): { readonly action: "warn" | "stop" } | boolean | null;
  userTurn?(): void;
  nextRun?(outcome: "ok" | "failed"): void;
}

export interface Contestant {
  readonly name: string;
  readonly isOurs?: boolean;
  /** Is it told when the user has spoken, where the trace says so? */
  readonly hearsUser?: boolean;
  /** Is it the one by which time is compared? */
  readonly isYardstick?: boolean;
  create(): Rule;
}

const textOf = ({ name, arguments: args }: ToolCall) => `${name}:${JSON.stringify(args)}`;

export const CONTESTANTS: readonly Contestant[] = [
  { name: "LoopDetector", isOurs: true, create: () => new LoopDetector() },
  {
    name: "LoopDetector, with userTurn()",
    isOurs: true,
    hearsUser: true,
    create: () => new LoopDetector(),
  },
  {
    name: "cycles up to 3, 100 characters",
    isYardstick: true,
    create: () => cyclesOfPrefixes({ repeats: 3, longest: 3, prefix: 100 }),
  },
  { name: "3 of the last 10 calls equal", create: () => countInWindow(3, 10) },
  { name: "3 equal calls in a row", create: () => inARow(3, textOf) },
  {
    name: "4 equal calls and results",
    create: () => inARow(4, (call) => `${textOf(call)}=${String(call.output)}`),
  },
  { name: "at most 25 calls", create: () => atMost(25) },
];

/** The last calls are one cycle, so many times; results and the rest of long arguments don't count. */
function cyclesOfPrefixes(at: { repeats: number; longest: number; prefix: number }): Rule {
  const seen: string[] = [];
  const isCycle = (length: number) => {
    const from = seen.length - length * at.repeats;
    return from >= 0 && seen.slice(from + length).every((one, index) => one === seen[from + index]);
  };
  return {
    record: ({ name, arguments: args }) => {
      seen.push(`${name}:${JSON.stringify(args).slice(0, at.prefix)}`);
      if (seen.length > at.repeats * at.longest) seen.shift();
      for (let length = 1; length <= at.longest; length++) if (isCycle(length)) return true;
      return null;
    },
  };
}

function countInWindow(count: number, size: number): Rule {
  const seen: string[] = [];
  return {
    record: (call) => {
      const text = textOf(call);
      seen.push(text);
      if (seen.length > size) seen.shift();
      return seen.filter((one) => one === text).length >= count;
    },
  };
}

function inARow(count: number, key: (call: ToolCall) => string): Rule {
  let last = "";
  let times = 0;
  return {
    record: (call) => {
      const text = key(call);
      times = text === last ? times + 1 : 1;
      last = text;
      return times >= count;
    },
  };
}

function atMost(count: number): Rule {
  let calls = 0;
  return { record: () => ++calls >= count };
}
