/** What a hold took from its windows, as a short text: it is written with every hold and every line. */
import type { Entry, Unit } from "@assistants-budget/core/store";
import type { Counter } from "./windows/counter.ts";

/** A hold's parts in its windows, and the thresholds of which its charge will tell. */
export interface Taken {
  readonly thresholds: readonly number[];
  readonly entries: readonly Entry<Counter>[];
}

const UNITS: readonly Unit[] = ["usd", "tokens", "runs"];

/** Bucket and cap are -1 where there is none. */
type Written = readonly [id: number, unit: number, amount: number, bucket: number, cap: number];

export function writeTaken({ thresholds, entries }: Taken): string {
  let written = `[[${thresholds.join(",")}]`;
  for (const entry of entries) written += `,${writeEntry(entry)}`;
  return `${written}]`;
}

export function writeEntry({ counter, unit, amount, bucket, cap }: Entry<Counter>): string {
  return `[${counter.id},${UNITS.indexOf(unit)},${amount},${bucket ?? -1},${cap ?? -1}]`;
}

/** Without the windows that ended so long ago that they are gone. */
export function readTaken(written: string, byId: (id: number) => Counter | undefined): Taken {
  const [thresholds, ...entries]: [number[], ...Written[]] = JSON.parse(written);
  return {
    thresholds,
    entries: entries.flatMap(([id, unit, amount, bucket, cap]) => {
      const counter = byId(id);
      if (!counter) return [];
      return {
        counter,
        unit: UNITS[unit] ?? counter.at.unit,
        amount,
        ...(bucket === -1 ? {} : { bucket }),
        ...(cap === -1 ? {} : { cap }),
      };
    }),
  };
}
