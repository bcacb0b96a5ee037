/** What is asserted, by name; `docs/chaos.md` has a line for each. */
export type RuleName =
  | "window"
  | "held"
  | "billed"
  | "invoice"
  | "assumed"
  | "covered"
  | "counters"
  | "acts"
  | "forgotten"
  | "lines"
  | "clocks"
  | "threads"
  | "processes"
  | "outcomes";

/** A rule that did not hold, and the numbers that show it. */
export interface BrokenRule {
  readonly rule: RuleName;
  readonly numbers: string;
}

/** Where broken rules are told, from wherever they are found. */
export type Tell = (rule: RuleName, numbers: string) => void;

/** Nano-dollars for people. */
export function usd(nano: number): string {
  return `${nano < 0 ? "-" : ""}$${(Math.abs(nano) / 1e9).toFixed(9)}`;
}

/** The first few of many, so that a broken rule can be read. */
export function few(texts: readonly string[]): string {
  const rest = texts.length - 5;
  return [...texts.slice(0, 5), ...(rest > 0 ? [`and ${rest} more`] : [])].join("; ");
}
