/** Numbers as they are read. */
import { type Goal, isMet } from "./bench.ts";

const three = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export function figure(value: number): string {
  return three.format(value);
}

/** Rates are better higher, times and losses lower. */
export function better(unit: string): "more" | "less" {
  return unit.endsWith("/s") ? "more" : "less";
}

export function times(ratio: number): string {
  return `${figure(ratio)} ×`;
}

function amount(value: number, unit: Goal["unit"]): string {
  if (unit === "x") return times(value);
  return unit === "" ? figure(value) : `${figure(value)} ${unit}`;
}

/** `at least 0.98 × of the no-op middleware's requests`. */
export function wanted({ sense, wanted: value, unit, of }: Goal): string {
  return `${sense} ${amount(value, unit)} ${of}`;
}

/** `found 0.97 ×: missed`. */
export function found(goal: Goal): string {
  return amount(goal.found, goal.unit);
}

export function verdict(goal: Goal): "met" | "missed" {
  return isMet(goal) ? "met" : "missed";
}
