/** What a call costs, in the time that the processor worked for it. */
import { type Contestant, CONTESTANTS } from "./contestants.ts";
import type { Trace } from "./traces.ts";

const ROUNDS = 12;

export interface Timing {
  /** Microseconds a call, of the best round. */
  readonly mean: number;
  /** Microseconds, of calls measured one by one; the clock's share and that of others included. */
  readonly p99: number;
}

/** Each contestant in turn, round by round, so that a noisy minute falls on all of them. */
export function timings(traces: readonly Trace[]): ReadonlyMap<Contestant, Timing> {
  const best = new Map<Contestant, number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of CONTESTANTS) {
      const mean = oneRound(traces, contestant);
      // The first rounds warm up.
      if (round > 1) best.set(contestant, Math.min(mean, best.get(contestant) ?? Infinity));
    }
  }
  return new Map(
    [...best].map(([contestant, mean]) => [contestant, { mean, p99: slowest(traces, contestant) }]),
  );
}

function oneRound(traces: readonly Trace[], contestant: Contestant): number {
  const before = process.cpuUsage();
  let calls = 0;
  for (const trace of traces) {
    const rule = contestant.create();
    for (const call of trace.calls) rule.record(call);
    calls += trace.calls.length;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

function slowest(traces: readonly Trace[], contestant: Contestant): number {
  const times = traces.flatMap((trace) => {
    const rule = contestant.create();
    return trace.calls.map((call) => {
      const begin = performance.now();
      rule.record(call);
      return (performance.now() - begin) * 1000;
    });
  });
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
}
