/** A process that is told of thresholds: it writes each id down before it has dealt with it, and may never get further. */
import { createBudget } from "@assistants-budget/core";
import { sqlite } from "@assistants-budget/store-sqlite";

const [path = "", ahead = "0", hangs = "no"] = process.argv.slice(2);

const budget = createBudget({
  apiKey: "sk-test",
  store: sqlite({ path, clock: () => Date.now() + Number(ahead) }),
  limits: { user: "$0.001/day" },
  thresholds: [0.1, 0.2, 0.3],
});
budget.on("threshold", ({ id, threshold }) => {
  process.stdout.write(`${JSON.stringify({ id, threshold })}\n`);
  return hangs === "hangs" ? new Promise(() => setInterval(() => undefined, 1_000)) : undefined;
});
setInterval(() => undefined, 1_000);
// After its first look, which it began when it began to listen.
setTimeout(() => process.stdout.write("null\n"), 1_500);
