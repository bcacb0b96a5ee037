/** Slices of a shared limit: never a nano-dollar too much, and docs/scale.md shows what comes. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type World, drawLoad } from "../scale/load.ts";
import { POLICIES, type Policy } from "../scale/policy.ts";
import { type Outcome, simulate } from "../scale/simulate.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A thousand steps, a quarter more than fit, and a crash every fifty of them. */
const WORLD: Omit<World, "nodes"> = {
  limit: 20e9,
  demand: 1.25,
  meanCost: 20e6,
  lease: 40,
  crashes: 25,
  lostStores: 0,
};

function overSeeds(world: typeof WORLD, policy: Policy | undefined): readonly Outcome[] {
  return Array.from({ length: 100 }, (_, seed) => {
    const many = { ...world, nodes: 1 + (seed % 8) };
    return simulate(many, drawLoad(many, seed), policy);
  });
}

const named = POLICIES.map((policy) => ({
  name: `${policy.name}, ${policy.returns ? "returned" : "kept"}`,
  policy,
}));

describe.each(named)("slices: $name", ({ policy }) => {
  it("grant nothing beyond the limit, and the books end as the invoice", () => {
    for (const { overshoot, overcharged } of overSeeds(WORLD, policy))
      expect({ overshoot, overcharged }).toEqual({ overshoot: 0, overcharged: 0 });
  });

  it("grant nothing beyond the limit where stores are lost, and the books have no less", () => {
    for (const { overshoot, overcharged } of overSeeds({ ...WORLD, lostStores: 5 }, policy)) {
      expect(overshoot).toBe(0);
      expect(overcharged).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("the simulation", () => {
  it("finds a node out that tells the main first and itself afterwards", () => {
    const careless = POLICIES.map((policy) => ({ ...policy, isCareless: true }));
    const outcomes = careless.flatMap((policy) => overSeeds(WORLD, policy));
    expect(Math.max(...outcomes.map(({ overshoot }) => overshoot))).toBeGreaterThan(0);
  });

  it("has a counter that strands nothing and is asked each time", () => {
    for (const { overshoot, early, trips } of overSeeds(WORLD, undefined))
      expect({ overshoot, early, trips }).toEqual({ overshoot: 0, early: 0, trips: 1 });
  });
});

describe("docs/scale.md", () => {
  it("shows what the command prints", async () => {
    const page = await readFile(join(ROOT, "docs/scale.md"), "utf8");
    const tables = [...page.matchAll(/```text\n(nodes .*?|\s+over-.*?)```/gs)];
    expect(tables).toHaveLength(2);
    const command = join(ROOT, "test/scale/main.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [command]);
    for (const [, shown = ""] of tables) expect(stdout).toContain(shown);
  });
});
