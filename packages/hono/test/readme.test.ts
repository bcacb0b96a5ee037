/** The README's program, as it is there. */
import { readFile } from "node:fs/promises";
import { type Handler, Hono } from "hono";
import { expect, test } from "vitest";
import { type HonoOptions, memory } from "../src/index.ts";
import { chat, post, problemOf, signIn, start } from "./running-app.ts";

const exportChats: Handler = (c) => c.text("all of it");

test("the README's program does what it says", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, program = ""] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  expect(program).toContain("assistantsBudget({");
  let asked: HonoOptions | undefined;
  // The budget that the program makes stands before a simulator.
  const { budget } = await start({ limits: { user: "$1/day" } });
  const assistantsBudget = (options: HonoOptions) => {
    asked = options;
    return budget;
  };
  const names = { Hono, assistantsBudget, redis: memory, client: {}, signIn, exportChats };
  const given = { ...names, summary: chat };
  // oxlint-disable-next-line typescript/no-implied-eval -- it is the README's
  const made: unknown = new Function(...Object.keys(given), `${program}\nreturn app;`)(
    ...Object.values(given),
  );
  const app = made as Hono;
  expect(asked).toMatchObject({ limits: { user: "$1/day" } });

  const ask = (path: string, user: string | null = "alice") =>
    app.request(path, post({ message: "Hi" }, { user }));
  expect(await (await ask("/chat")).json()).toMatchObject({ reply: "You said: Hi" });
  expect(await (await ask("/events")).text()).toMatch(/event: text\n.*\nevent: run\n/s);
  expect((await ask("/summary")).status).toBe(200);
  expect(await (await ask("/export")).text()).toBe("all of it");
  const refused = await ask("/export", null);
  expect([refused.status, (await problemOf(refused)).code]).toEqual([401, "identity_required"]);
  const mine = await app.request("/me/budget", { headers: { cookie: "session=alice" } });
  expect(await mine.json()).toMatchObject({ balances: [{ subject: "alice", limit: "1.00" }] });
});
