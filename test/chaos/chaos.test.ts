/** `chaos` in its short form, for each store; what it finds in stores that are wrong is in `planted-faults.test.ts`. */
import { expect, test } from "vitest";
import { STORES, shortForm } from "./plan.ts";
import { lastLine } from "./printing.ts";
import { runChaos } from "./run-chaos.ts";

test.for(STORES)("%s: kills, faults and restarts break no rule", async (store, { signal }) => {
  const plan = shortForm({ store, seed: 7 });
  const standing = await runChaos(plan, { stop: signal, progress: () => undefined });
  console.info(lastLine(plan, standing));
  expect(standing.broken).toEqual([]);
  // Where nothing happened, nothing was shown.
  expect(standing.answered).toBeGreaterThan(10);
  expect(standing.kills).toBeGreaterThan(0);
  expect(standing.faults).toBeGreaterThan(0);
  expect(standing.restarts > 0).toBe(store !== "sqlite");
  expect(standing.looks).toBeGreaterThan(5);
});
