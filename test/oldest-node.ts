/** The libraries on the oldest Node that they support: one conversation on each store, to the nano-dollar. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Store, createBudget, memory, tool } from "@assistants-budget/core";
import { createSimulator, shopAssistant } from "@assistants-budget/simulator";
import { sqlite } from "@assistants-budget/store-sqlite";
import { z } from "zod";

const folder = mkdtempSync(join(tmpdir(), "oldest-node-"));
const lookUpOrder = tool({
  name: "lookUpOrder",
  description: "Looks an order up by its number.",
  parameters: z.object({ order: z.string() }),
  execute: ({ order }) => ({ order, status: "shipped" }),
});

async function converse(store: Store): Promise<void> {
  const simulator = await createSimulator({ script: shopAssistant() });
  const budget = createBudget({
    store,
    apiKey: "any",
    baseURL: simulator.url,
    limits: { user: ["$0.01/day", "$0.01/24h", "100 runs/hour"] },
    assistants: { support: { model: "gpt-6-luna", tools: [lookUpOrder] } },
  });
  const alice = budget.for({ user: "alice" });
  const first = await alice.run({ input: "Where is my order A-1042?" });
  assert.equal(first.steps.length, 2);
  const second = await alice.run({ thread: first.thread, input: "Thank you!" });
  assert.equal(second.status, "completed");
  assert.equal((await alice.runs.list(first.thread)).length, 2);
  await assert.rejects(
    createBudget({ store, apiKey: "any", baseURL: simulator.url, limits: { user: "$0/day" } })
      .for({ user: "bob" })
      .run({ input: "Hello" }),
    { status: 402 },
  );
  const lines = await budget.lines();
  const total = lines.reduce((sum, line) => sum + line.charge.nano, 0);
  assert.equal(BigInt(total), simulator.invoice().total);
  await budget.close();
  await simulator.close();
  console.log(
    `Node ${process.version}, ${store.name}: ledger equals invoice, ${total} nano-dollars`,
  );
}

try {
  await converse(memory());
  await converse(sqlite({ path: join(folder, "budget.sqlite") }));
} finally {
  rmSync(folder, { recursive: true });
}
