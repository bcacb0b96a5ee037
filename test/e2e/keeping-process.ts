/** A process whose store goes away under a run: it keeps the charge on its disk, and is killed before the store is back. */
import { createBudget } from "@assistants-budget/core";
import { postgres } from "@assistants-budget/store-postgres";
import { chargesFile } from "@assistants-budget/store-sqlite";
import { Pool } from "pg";

const [baseURL = "", connectionString = "", path = ""] = process.argv.slice(2);

const pool = new Pool({ connectionString });
pool.on("error", () => undefined);
const budget = createBudget({
  baseURL,
  apiKey: "sk-test",
  store: postgres(pool),
  keepCharges: chargesFile({ path }),
  limits: { user: "$1/day" },
  assistants: { support: { model: "gpt-4o-mini", maxOutputTokens: 50 } },
});
const { text } = await budget.for({ user: "alice" }).run({ input: "Hello" });
process.stdout.write(`${text.length > 0 ? "answered" : "empty"}\n`);
setInterval(() => undefined, 1_000);
