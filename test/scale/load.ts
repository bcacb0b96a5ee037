/** What happens to the nodes: steps that arrive one after another, and crashes. */
import { type Random, exponential, logNormal, seeded, wholeBelow } from "./random.ts";

/** How large the simulated world is. Time is counted in arrivals, money in nano-dollars. */
export interface World {
  readonly nodes: number;
  readonly limit: number;
  /** What is asked for in the window, in parts of the limit. */
  readonly demand: number;
  readonly meanCost: number;
  /** How long a lease lasts that nobody renews. */
  readonly lease: number;
  readonly crashes: number;
  /** So many of the crashes take the node's store with them. */
  readonly lostStores: number;
}

export interface Step {
  readonly node: number;
  readonly cost: number;
  readonly ceiling: number;
  readonly length: number;
}

export interface Crash {
  readonly node: number;
  readonly at: number;
  readonly backAt: number;
  /** The two steps that it strikes between, if any. */
  readonly amid: "nothing" | "taking" | "returning";
  /** The node comes back without its store. */
  readonly isLost: boolean;
}

export interface Load {
  readonly seed: number;
  readonly steps: readonly Step[];
  readonly crashes: readonly Crash[];
}

/** A ceiling is so many times what the step will cost. */
const CEILING = 4;
/** So many steps are under way at once, on average. */
const AT_ONCE = 50;
/** So often in a window another node becomes the busiest. */
const SHIFTS = 8;

export function drawLoad(world: World, seed: number): Load {
  const random = seeded(seed);
  const count = Math.round((world.limit * world.demand) / world.meanCost);
  const rank = zipf(world.nodes, random);
  const steps = Array.from({ length: count }, (_, at): Step => {
    const shift = Math.floor((at * SHIFTS) / count);
    const cost = Math.max(1, Math.round(world.meanCost * logNormal(random, 1)));
    return {
      node: (rank() + shift * Math.ceil(world.nodes / SHIFTS)) % world.nodes,
      cost,
      ceiling: cost * CEILING,
      length: 1 + Math.floor(exponential(random) * AT_ONCE),
    };
  });
  const crashes = Array.from({ length: world.crashes }, (_, index): Crash => {
    const crash = drawCrash(world, count, random);
    return { ...crash, isLost: index < world.lostStores };
  });
  return { seed, steps, crashes };
}

function drawCrash(world: World, count: number, random: Random): Omit<Crash, "isLost"> {
  const at = wholeBelow(random, count);
  const backAt = at + 1 + wholeBelow(random, 2 * world.lease);
  const amid = (["nothing", "taking", "returning"] as const)[wholeBelow(random, 3)] ?? "nothing";
  return { node: wholeBelow(random, world.nodes), at, backAt, amid };
}

/** Ranks from 0 on: the second is half as busy as the first, the third a third. */
function zipf(count: number, random: Random): () => number {
  const sums: number[] = [];
  for (let rank = 0; rank < count; rank++) sums.push((sums[rank - 1] ?? 0) + 1 / (rank + 1));
  const all = sums.at(-1) ?? 0;
  return () => {
    const drawn = random() * all;
    return sums.findIndex((sum) => drawn < sum);
  };
}
