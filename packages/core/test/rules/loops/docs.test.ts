import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runAgent } from "./own-agent.ts";

test("docs/loops.md shows what runs", async () => {
  const page = await readFile(join(import.meta.dirname, "../../../../../docs/loops.md"), "utf8");
  const source = await readFile(join(import.meta.dirname, "own-agent.ts"), "utf8");
  const [, body = ""] =
    /const outputs: string\[\] = \[\];\n(.*) {2}return outputs/s.exec(source) ?? [];
  const [, shown = ""] = /```ts\n.*?\n\n(.*?)```/s.exec(page) ?? [];
  expect(body).not.toBe("");
  expect(shown).toBe(body.replaceAll(/^ {2}/gm, ""));
});

test("the agent of docs/loops.md is warned, then stopped", async () => {
  const call = { name: "get_order", arguments: '{"id":"A-71"}' };
  const outputs = await runAgent(
    () => Promise.resolve(call),
    () => Promise.resolve("Order A-71 is not there."),
  );
  expect(outputs).toHaveLength(4);
  expect(outputs[2]).toContain("3 times");
});
