/** examples/nest-module: compiled, started, used. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startExample } from "./started-example.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/nest-module");

/** What its `build` script says. */
const { scripts } = JSON.parse(readFileSync(join(EXAMPLE, "package.json"), "utf8")) as {
  readonly scripts: { readonly build: string };
};
interface Chatted {
  readonly reply: string;
  readonly thread: string;
  readonly cost: string;
}

interface Balances {
  readonly balances: readonly { readonly spent: string }[];
}

test("a chat goes on in its thread, a guarded route refuses, and the ledger is the invoice", async () => {
  await using example = await startExample("nest-module", {
    build: `${scripts.build} --log-level=error`,
    server: "dist/main.js",
  });
  const post = (path: string, body: object) =>
    fetch(example.origin + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const first = (await (await post("/chat", { message: "Hello!" })).json()) as Chatted;
  expect(first).toMatchObject({ reply: expect.stringMatching(/./), cost: expect.any(String) });
  const second = await post("/chat", { message: "And now?", thread: first.thread });
  expect(await second.json()).toMatchObject({ thread: first.thread });
  const events = await (await post("/chat/stream", { message: "Once more" })).text();
  expect(events).toMatch(/^event: start\n.*event: text\n.*event: run\ndata: .*\n\n$/s);

  expect((await post("/summary", { message: "Sum it up" })).status).toBe(402);
  const response = await fetch(`${example.origin}/me/budget`);
  const { balances } = (await response.json()) as Balances;
  const { totalUsd, lines } = example.simulator.invoice();
  expect(lines).toHaveLength(3);
  expect(balances[0]).toMatchObject({ scope: "user", subject: "you", limit: "1.00" });
  expect(Number(balances[0]?.spent)).toBeCloseTo(Number(totalUsd), 9);
  expect(example.said()).toBe("");
});
