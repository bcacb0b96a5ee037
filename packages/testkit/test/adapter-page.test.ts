import { readFileSync } from "node:fs";
import { memory } from "@assistants-budget/core";
import { createHttpBudget } from "@assistants-budget/core/http";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const page = read("../../../docs/write-an-adapter.md");

test("docs/write-an-adapter.md shows the adapter as it is tested here", () => {
  expect(page).toContain(`\`\`\`ts\n${read("node-adapter.ts").trimEnd()}\n\`\`\``);
});

test("and has a row for each member of the contract", () => {
  const [, table = ""] = /## The contract\n(.*?)\n## /s.exec(page) ?? [];
  const http = createHttpBudget(
    { limits: {} },
    { store: () => memory(), slots: () => [], setHeaders: () => undefined },
  );
  const missing = Object.keys(http).filter((name) => !table.match(`\\| \`${name}[(\`]`));
  expect(missing).toEqual([]);
});
