import type { Scenario } from "../bench.ts";
import { expressScenario } from "./express.ts";
import { frameworksScenario } from "./frameworks.ts";
import { growthScenario } from "./growth.ts";
import { memoryScenario } from "./memory.ts";
import { modelCallScenario } from "./model-call.ts";
import { postgresScenario } from "./postgres.ts";
import { processesScenario } from "./processes.ts";
import { redisScenario } from "./redis.ts";
import { sqliteScenario } from "./sqlite.ts";

/** In the order in which they are measured, printed and written. */
export const SCENARIOS: readonly Scenario[] = [
  expressScenario,
  frameworksScenario,
  modelCallScenario,
  memoryScenario,
  sqliteScenario,
  processesScenario,
  growthScenario,
  redisScenario,
  postgresScenario,
];
