/** `bench`: measures us beside others, says what was promised and what was found. */
import { parseArgs } from "node:util";
import { paint, print, say, stopAtClosedPipe } from "../../examples/demo/print/screen.ts";
import type { Flags, Result } from "./bench.ts";
import { verdict } from "./figures.ts";
import { describe, thisMachine } from "./machine.ts";
import { printGroup, printTitle } from "./print.ts";
import { progress } from "./progress.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";
import { writePage } from "./write-page.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    quick: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
stopAtClosedPipe();

const names = SCENARIOS.map(({ name }) => name);
const unknown = values.only.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  say(`--only ${unknown.join(", ")}: there is no such scenario. There are ${names.join(", ")}.`);
  process.exit(2);
}
const chosen = SCENARIOS.filter(
  ({ name }) => values.only.length === 0 || values.only.includes(name),
);
const { quick, full } = values;
if (quick && values.write) {
  console.error(
    "--write publishes what was measured: leave out --quick, which is too short for that.",
  );
  process.exit(2);
}

const flags: Flags = quick
  ? { rounds: 3, ms: 60, quick, full }
  : { rounds: 5, ms: 1000, quick, full };

const machine = await thisMachine();
const results: Result[] = [];
const line = progress();
let closing: AsyncDisposableStack | undefined;

/** Ctrl-C ends the servers and takes the files away before it ends the bench. */
let isEnded = false;
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.on(signal, () => {
    if (isEnded) return;
    isEnded = true;
    line.close();
    void Promise.resolve(closing?.disposeAsync()).finally(() => process.exit(code));
  });
}

print();
say("assistants-budget: how fast, beside what", "bold");
print();
say(describe(machine));
say(
  `Medians of ${flags.rounds} alternating rounds of ${flags.ms} ms, after one that warms up.${quick ? " A quick look: too short to publish." : ""}`,
  "dim",
);

for (const scenario of chosen) {
  printTitle(scenario);
  closing = new AsyncDisposableStack();
  try {
    const tell = (doing: string) => line.tell(`${scenario.name}: ${doing}`);
    const groups = await scenario.run({ ...flags, tell, closing });
    line.clear();
    groups.forEach(printGroup);
    results.push({ scenario, groups });
  } catch (error) {
    line.clear();
    if (isEnded) await new Promise(() => undefined);
    say(`Could not be measured: ${error instanceof Error ? error.message : String(error)}`, "red");
    process.exitCode = 1;
  } finally {
    if (!isEnded) await closing.disposeAsync();
  }
}
line.close();

const verdicts = results.flatMap(({ groups }) => groups.flatMap(({ goals }) => goals.map(verdict)));
const met = verdicts.filter((word) => word === "met").length;
print();
say(`${met} of ${verdicts.length} goals met.`, "bold");
if (values.write && results.length < SCENARIOS.length) {
  say("Nothing is written: the page has all scenarios, or none.", "yellow");
} else if (values.write) {
  const written = await writePage({ machine, flags, results });
  say(`Written: ${written.join(", ")}`);
}
print(paint("dim", "  The ratios are what to look at: absolute figures are this machine's."));
