import assert from "node:assert/strict";
import * as fc from "fast-check";
import { type Command, command } from "./commands.ts";
import type { Declare, Part } from "./scene.ts";
import { world } from "./world.ts";

/** Which random orders of commands are tried. */
export interface Interleavings {
  /** The same seed tries the same orders. Default 2026. */
  readonly seed?: number;
  /** How many orders, in four tests. Default 60. */
  readonly runs?: number;
}

const TESTS = 4;

/** Random commands in random orders, each compared with a model of its own. */
export function interleavingsPart({ seed = 2026, runs = 60 }: Interleavings): Part {
  return {
    name: "interleavings",
    tests: (test) => {
      for (let i = 0; i < TESTS; i += 1) interleavingsTest(test, seed + i, Math.ceil(runs / TESTS));
    },
  };
}

function interleavingsTest(test: Declare, seed: number, numRuns: number): void {
  test(`${numRuns} random orders of commands, seed ${seed}`, async (scene) => {
    let orders = 0;
    const orderOf = async (commands: readonly Command[]): Promise<void> => {
      orders += 1;
      const here = world(scene, `world ${orders}`);
      for (const one of commands) {
        await here.carryOut(one);
      }
      await here.endAll();
    };
    const commands = fc.array(command, { minLength: 1, maxLength: 40, size: "max" });
    await fc.assert(fc.asyncProperty(commands, orderOf), { seed, numRuns });
    assert.ok(orders >= numRuns);
  });
}
