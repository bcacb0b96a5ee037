/** Measures side by side: in alternating rounds, so that a noisy minute falls on everybody. */
import type { Bench, Row } from "./bench.ts";
import { median } from "./median.ts";

/** What one contestant did in one round. */
interface Sample {
  readonly value: number;
  /** Milliseconds. */
  readonly p99?: number;
}

export interface Runner {
  readonly name: string;
  readonly isOurs?: boolean;
  readonly measure: () => Promise<Sample>;
}

/** All rounds of all contestants. */
export interface Rounds {
  readonly rows: readonly Row[];
  /** The median over rounds of one value against another's of the same round. */
  readonly ratio: (name: string, of: string) => number;
  /** Milliseconds; absent where nobody measured it. */
  readonly p99: (name: string) => number | undefined;
  /** The median over rounds of whatever is made of the values of one round. */
  readonly of: (make: (value: (name: string) => number) => number) => number;
}

/** The first round warms up and does not count; who begins changes from round to round. */
export async function alternate(
  bench: Bench,
  { title, base, runners }: { title: string; base?: string; runners: readonly Runner[] },
): Promise<Rounds> {
  const rounds: Map<string, Sample>[] = [];
  for (let round = 0; round <= bench.rounds; round += 1) {
    const samples = new Map<string, Sample>();
    const first = round % runners.length;
    for (const { name, measure } of [...runners.slice(first), ...runners.slice(0, first)]) {
      const which = round === 0 ? "warming up" : `round ${round} of ${bench.rounds}`;
      bench.tell(`${title}, ${which}: ${name}`);
      samples.set(name, await measure());
    }
    if (round > 0) rounds.push(samples);
  }
  const valueIn = (round: Map<string, Sample>) => (name: string) => {
    const sample = round.get(name);
    if (!sample) throw new RangeError(`${title}: nobody is called ${name}`);
    return sample.value;
  };
  const of: Rounds["of"] = (make) => median(rounds.map((round) => make(valueIn(round))));
  const ratio = (name: string, other: string) => of((value) => value(name) / value(other));
  const p99 = (name: string) => {
    const values = rounds.flatMap((round) => round.get(name)?.p99 ?? []);
    return values.length > 0 ? median(values) : undefined;
  };
  const rows = runners.map(({ name, isOurs = false }) => {
    const slowest = p99(name);
    return {
      name,
      isOurs,
      value: of((value) => value(name)),
      ...(base === undefined ? {} : { ratio: ratio(name, base) }),
      ...(slowest === undefined ? {} : { p99: slowest }),
    };
  });
  return { rows, ratio, p99, of };
}
