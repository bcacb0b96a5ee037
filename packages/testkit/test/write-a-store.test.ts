import { readFileSync } from "node:fs";
import { memory } from "@assistants-budget/core/store";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const page = read("../../../docs/write-a-store.md");

test.for(["journal-store.ts", "journal-store.test.ts"])(
  "docs/write-a-store.md shows %s as it is run here",
  (file) => {
    expect(page).toContain(`\`\`\`ts\n${read(file).trimEnd()}\n\`\`\``);
  },
);

test("and has a row for each method of the contract", () => {
  const [, table = ""] = /## The contract\n(.*?)\n## /s.exec(page) ?? [];
  const missing = Object.keys(memory()).filter(
    (name) => !table.includes(`\`${name}(`) && !table.includes(`\`${name}\``),
  );
  expect(missing).toEqual([]);
});
