/** A process of its own that spends from a shared limit until it is refused. */
import { setTimeout as sleep } from "node:timers/promises";
import { postgres } from "../src/index.ts";
import { openPool } from "./open-pool.ts";
import { charge, claim, lifetimeOf, request, rollingOf } from "./requests.ts";

export interface Job {
  readonly url: string;
  readonly schema: string;
  readonly name: string;
  /** Epoch ms: when all begin. */
  readonly startAt: number;
  readonly limit: number;
  readonly nano: number;
  /** How many steps run at once. */
  readonly lanes: number;
}

export interface Done {
  readonly granted: number;
  readonly errors: readonly string[];
}

const job: Job = JSON.parse(process.argv[2] ?? "");
const pool = openPool(job.url, 4);
const store = postgres(pool, { schema: job.schema });
const errors: string[] = [];
let granted = 0;

async function lane(index: number): Promise<void> {
  const own = `${job.name}-${index}`;
  const windows = [lifetimeOf(own), rollingOf("shared", "tenant"), lifetimeOf("app", "app")];
  for (let step = 0; ; step += 1) {
    const hold = `${own}-${step}`;
    const claims = windows.map((window) => claim(window, job.limit, job.nano));
    const { kind } = await store.reserve(request(hold, claims, job.nano));
    if (kind === "refused") return;
    if (kind !== "held") throw new Error(`${hold}: ${kind}`);
    const ended = await store.settle(hold, charge(job.nano));
    if (ended.kind !== "settled") throw new Error(`${hold}: ${ended.kind}`);
    granted += 1;
  }
}

try {
  await sleep(job.startAt - Date.now());
  await store.open();
  await Promise.all(Array.from({ length: job.lanes }, (_, index) => lane(index)));
} catch (error) {
  errors.push(String(error));
}
await pool.end();
const done: Done = { granted, errors };
process.send?.(done);
