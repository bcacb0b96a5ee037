/** A process of an app, to be killed in the middle: it runs as many runs as it is told, and waits for its end. */
import { createBudget } from "@assistants-budget/core";
import { sqlite } from "@assistants-budget/store-sqlite";

const [baseURL = "", path = "", runs = "1"] = process.argv.slice(2);

const budget = createBudget({
  baseURL,
  apiKey: "sk-test",
  store: sqlite({ path }),
  limits: { user: "$0.01/day" },
  assistants: { support: { model: "gpt-4o-mini", maxOutputTokens: 1_000 } },
});
await Promise.all(
  Array.from({ length: Number(runs) }, () => budget.for({ user: "alice" }).run({ input: "Hello" })),
);
