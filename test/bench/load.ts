import { setImmediate as endOfTick } from "node:timers/promises";
import { ascending, quantile } from "./median.ts";

export interface Load {
  readonly perSecond: number;
  readonly calls: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Keeps so many calls under way for a while. Each comes on a tick of its own, as requests do. */
export async function load(
  call: () => Promise<unknown>,
  { lanes, ms }: { readonly lanes: number; readonly ms: number },
): Promise<Load> {
  const took: number[] = [];
  const start = performance.now();
  const until = start + ms;
  const lane = async (): Promise<void> => {
    while (performance.now() < until) {
      const asked = performance.now();
      await endOfTick();
      await call();
      took.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const seconds = (performance.now() - start) / 1000;
  const sorted = ascending(took);
  return {
    perSecond: took.length / seconds,
    calls: took.length,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
  };
}
