/** `chaos`: a storm over the whole product, drawn from a seed; ends with 1 where a rule broke. */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { print, say, stopAtClosedPipe } from "../../examples/demo/print/screen.ts";
import { type Plan, STORES, longForm, shortForm } from "./plan.ts";
import { lastLine, printBroken, printSeen, progressLine } from "./printing.ts";
import { runChaos } from "./run-chaos.ts";

const { values } = parseArgs({
  options: {
    store: { type: "string", default: "sqlite" },
    seed: { type: "string", default: String(randomInt(1_000_000)) },
    minutes: { type: "string", default: "1" },
    short: { type: "boolean", default: false },
  },
});
stopAtClosedPipe();

function planOf(): Plan | undefined {
  const store = STORES.find((name) => name === values.store);
  const seed = Number(values.seed);
  const minutes = Number(values.minutes);
  if (!store || !Number.isSafeInteger(seed) || !(minutes > 0 && minutes <= 600)) return undefined;
  return values.short ? shortForm({ store, seed }) : longForm({ store, seed }, minutes);
}

const plan = planOf();
if (!plan) {
  say(
    `chaos [--store ${STORES.join("|")}] [--seed <whole number>] [--minutes <up to 600>] [--short]`,
  );
  process.exit(2);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());

print();
say("assistants-budget: chaos", "bold");
print();
say(
  `${plan.store}, seed ${plan.seed}: ${plan.processes} processes with ${plan.runsAtOnce} runs each, ${plan.users} users, for ${plan.ms / 1000} s`,
);
say(
  "The seed draws what happens; when exactly it does is up to the machine, so no two runs are the same.",
  "dim",
);
print();
const line = progressLine(plan);
try {
  const standing = await runChaos(plan, { stop: stop.signal, progress: line.show });
  line.clear();
  if (!stop.signal.aborted) {
    printSeen(standing);
    printBroken(standing);
    print(lastLine(plan, standing));
    process.exitCode = standing.broken.length > 0 ? 1 : 0;
  }
} catch (error) {
  line.clear();
  // Ctrl-C also reaches the store's server: whatever failed for that is no finding.
  if (!stop.signal.aborted) throw error;
}
if (stop.signal.aborted) {
  say("Stopped; nothing was checked.", "yellow");
  process.exit(130);
}
