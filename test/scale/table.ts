/** The tables that `scale` prints and docs/scale.md shows. */
import assert from "node:assert/strict";
import { type Load, type World, drawLoad } from "./load.ts";
import { POLICIES, type Policy } from "./policy.ts";
import { type Outcome, simulate } from "./simulate.ts";

const SEEDS = [1, 2, 3, 4, 5];

/** $400 in steps of two cents: 20,000 of them, and a quarter more is asked for. */
export const WORLD: World = {
  nodes: 16,
  limit: 400e9,
  demand: 1.25,
  meanCost: 20e6,
  lease: 250,
  crashes: 6,
  lostStores: 0,
};

const NAMES = [6, 19];
const NUMBERS = [6, 10, 9, 9, 12, 8];
const HEADS = [
  ["", "", "over-", "idle at", "idle at", "refused", "trips till", "trips"],
  ["nodes", "slices", "shoot", "1st ref.", "the end", "early", "1st ref.", "in all"],
];

/** A line of each policy for each number of nodes. */
export function* policiesTable(): Generator<string> {
  yield* HEADS.map(row);
  for (const nodes of [1, 4, 16, 64]) {
    if (nodes > 1) yield "";
    const world = { ...WORLD, nodes };
    const loads = loadsOf(world);
    for (const policy of [undefined, ...POLICIES]) {
      const outcomes = measure(world, loads, policy);
      yield row([
        String(nodes),
        nameOf(policy),
        String(Math.max(...outcomes.map(({ overshoot }) => overshoot))),
        percent(mean(outcomes, "idleAtFirst")),
        percent(mean(outcomes, "idleAtEnd")),
        percent(mean(outcomes, "early")),
        perThousand(mean(outcomes, "tripsBefore")),
        perThousand(mean(outcomes, "trips")),
      ]);
    }
  }
}

/** The same with one store that is lost for good. */
export function* lostStoreTable(): Generator<string> {
  yield row(["nodes", "slices", "shoot", "mean", "worst"]);
  const world = { ...WORLD, lostStores: 1 };
  const loads = loadsOf(world);
  for (const policy of POLICIES) {
    const outcomes = measure(world, loads, policy);
    const lost = outcomes.map(({ overcharged }) => overcharged / world.limit);
    yield row([
      String(world.nodes),
      nameOf(policy),
      String(Math.max(...outcomes.map(({ overshoot }) => overshoot))),
      percent(mean(outcomes, "overcharged") / world.limit),
      percent(Math.max(...lost)),
    ]);
  }
}

function loadsOf(world: World): readonly Load[] {
  return SEEDS.map((seed) => drawLoad(world, seed));
}

function measure(
  world: World,
  loads: readonly Load[],
  policy: Policy | undefined,
): readonly Outcome[] {
  const outcomes = loads.map((load) => simulate(world, load, policy));
  for (const { overshoot, overcharged } of outcomes) {
    assert.equal(overshoot, 0, "more was granted than the limit");
    assert.ok(overcharged >= 0, "the books have less than the invoice");
  }
  return outcomes;
}

function nameOf(policy: Policy | undefined): string {
  return policy ? `${policy.name}, ${policy.returns ? "returned" : "kept"}` : "one counter";
}

function mean(outcomes: readonly Outcome[], key: keyof Outcome): number {
  return outcomes.reduce((sum, outcome) => sum + outcome[key], 0) / outcomes.length;
}

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
const perThousand = (share: number) => (share * 1000).toFixed(0);

function row(cells: readonly string[]): string {
  const names = NAMES.map((width, index) => (cells[index] ?? "").padEnd(width));
  const numbers = cells
    .slice(NAMES.length)
    .map((cell, index) => cell.padStart(NUMBERS[index] ?? 0));
  return [...names, ...numbers].join("").trimEnd();
}
