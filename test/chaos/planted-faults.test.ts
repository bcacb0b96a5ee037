/** A run that can't fail proves nothing: here the store is wrong, and the rule that must break is named. */
import { expect, test } from "vitest";
import type { RuleName } from "./broken-rule.ts";
import { type Plan, shortForm } from "./plan.ts";
import type { PlantedFault } from "./planted-faults.ts";
import { runChaos } from "./run-chaos.ts";

/** More words of operators, and longer, with less that keeps people from running into them; over at the first finding. */
const TALKATIVE: Partial<Plan> = {
  ms: 20_000,
  users: 8,
  actEveryMs: 60,
  killEveryMs: 60_000,
  pauseEveryMs: 60_000,
};

const EXPECTED: readonly (readonly [PlantedFault, RuleName, Partial<Plan>])[] = [
  ["two-step reserve", "window", {}],
  ["forgotten settle", "billed", {}],
  ["releasing recovery", "billed", {}],
  ["repeated credit", "acts", {}],
  ["freeze answered early", "outcomes", TALKATIVE],
  ["deafness to limits", "window", TALKATIVE],
];

test.for(EXPECTED)("a %s breaks the rule %j", async ([planted, rule, terms], { signal }) => {
  const plan = { ...shortForm({ store: "sqlite", seed: 7 }), ...terms, planted };
  const { broken, maxOvershoot } = await runChaos(plan, {
    stop: signal,
    progress: () => undefined,
  });
  expect(broken.map((one) => one.rule)).toContain(rule);
  expect(maxOvershoot > 0).toBe(rule === "window");
});
