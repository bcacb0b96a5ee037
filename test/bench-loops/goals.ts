/** What was aimed at, and what was found: in the worst of five folds. */
import type { Score } from "./score.ts";

export interface Goal {
  readonly what: string;
  readonly aim: string;
  readonly found: string;
  readonly isMet: boolean;
}

export function atLeast(what: string, aim: number, found: number): Goal {
  const isMet = found >= aim / 100;
  return { what, aim: `>= ${aim} %`, found: `${(100 * found).toFixed(1)} %`, isMet };
}

export function atMost(what: string, aim: number, found: number): Goal {
  return { what, aim: `<= ${aim}`, found: found.toFixed(2), isMet: found <= aim };
}

/** Precision, recall and, where it is given, the calls wasted. */
export function scoreGoals(
  name: string,
  score: Score,
  aims: { readonly precision: number; readonly recall: number; readonly wasted?: number },
): readonly Goal[] {
  return [
    atLeast(`${name}: precision`, aims.precision, score.precision),
    atLeast(`${name}: recall`, aims.recall, score.recall),
    ...(aims.wasted === undefined
      ? []
      : [atMost(`${name}: wasted, mean`, aims.wasted, score.wasted)]),
  ];
}

export function goalLine({ what, aim, found, isMet }: Goal): string {
  return `${what.padEnd(44)}${aim.padStart(10)}${found.padStart(12)}  ${isMet ? "met" : "missed"}`;
}
