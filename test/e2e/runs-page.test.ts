/** What docs/runs.md shows is what runs here. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createBudget, memory } from "@assistants-budget/core";
import { createSimulator } from "@assistants-budget/simulator";
import { expect, it } from "vitest";
import { assistants, support } from "./runs-page.ts";

const read = (path: string) => readFile(join(import.meta.dirname, path), "utf8");

it("shows what runs", async () => {
  const [source, page] = await Promise.all([read("runs-page.ts"), read("../../docs/runs.md")]);
  const parts = ["tools", "hand-over"].map((name) => {
    const [, part = ""] =
      new RegExp(`// <${name}>\\n(.*?)\\n *// </${name}>`, "s").exec(source) ?? [];
    const indent = /^ */.exec(part)?.[0] ?? "";
    return part.replaceAll(new RegExp(`^${indent}`, "gm"), "");
  });
  expect([...page.matchAll(/```ts\n(.*?)\n```/gs)].map(([, shown]) => shown)).toEqual(parts);
});

it("asks the customer, and pays back what was confirmed", async () => {
  await using simulator = await createSimulator({
    script: ({ toolOutputsSinceUser: [first, second] }) => {
      if (!first) return { toolCalls: [{ name: "confirm", arguments: { question: "Sure?" } }] };
      if (!first.output.includes("true")) return { text: "As you like." };
      if (!second) return { toolCalls: [{ name: "refund", arguments: { order: "A-1" } }] };
      return { text: `Done: ${second.output}` };
    },
  });
  const budget = createBudget({
    assistants,
    store: memory(),
    baseURL: simulator.url,
    apiKey: "sk-test",
    limits: { user: "$1/day" },
  });
  const alice = budget.for({ user: "alice" });
  const yes = await support(alice, (question) => question === "Sure?");
  expect(yes).toMatchObject({ status: "completed" });
  expect(yes.text).toMatch(/^Done: \{"order":"A-1","refund":"call_/);
  expect((await support(alice, () => false)).text).toBe("As you like.");
  await budget.close();
});
