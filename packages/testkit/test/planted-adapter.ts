/** Runs the one test that is meant for a fault, on a sound adapter and on one that has it. */
import { expect, test } from "vitest";
import { type Runner, adapterSuite } from "../src/index.ts";
import { type Fault, nodeHarness } from "./adapter-harness.ts";

/** Two tests each, and one of them may wait in vain. */
const SLOW = { timeout: 20_000 };

export interface Planted extends Fault {
  /** The test that must notice. */
  readonly notices: string;
}

export function declareFaults(faults: Readonly<Record<string, Planted>>): void {
  test.for(Object.entries(faults))("an adapter that %s fails", SLOW, async ([, planted]) => {
    const { notices, ...fault } = planted;
    await testNamed(notices, {})();
    await expect(testNamed(notices, fault)()).rejects.toMatchObject({ code: "ERR_ASSERTION" });
  });
}

/** Declares the suite on a faulty adapter and gives back the test of this name. */
function testNamed(wanted: string, fault: Fault): () => Promise<void> {
  const found: (() => Promise<void>)[] = [];
  const runner: Runner = {
    describe: (_name, body) => body(),
    test: (name, body) => void (name === wanted && found.push(body)),
  };
  adapterSuite(runner, nodeHarness(fault));
  const [only, ...others] = found;
  if (!only || others.length > 0) throw new Error(`${found.length} tests are called: ${wanted}`);
  return only;
}
