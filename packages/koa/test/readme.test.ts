/** The README's program, as it is there. */
import { readFile } from "node:fs/promises";
import { Router } from "@koa/router";
import Koa, { type Middleware } from "koa";
import bodyParser from "koa-bodyparser";
import { expect, test } from "vitest";
import type { KoaOptions } from "../src/index.ts";
import { chat, listen, problemOf, signIn, start } from "./running-app.ts";

const exportChats: Middleware = (ctx) => {
  ctx.body = "all of it";
};

test("the README's program does what it says", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, program = ""] = /```js\n(.*?)```/s.exec(readme) ?? [];
  expect(program).toContain("assistantsBudget({");
  const [app, router] = [new Koa(), new Router()];
  let asked: KoaOptions | undefined;
  // The budget that the program makes stands before a simulator.
  const { budget } = await start({ limits: { user: "$1/day" } });
  const assistantsBudget = (options: KoaOptions) => {
    asked = options;
    return budget;
  };
  const given = { app, router, bodyParser, signIn, assistantsBudget, exportChats };
  const names = { ...given, summary: chat, research: chat };
  // oxlint-disable-next-line typescript/no-implied-eval -- it is the README's
  new Function(...Object.keys(names), program)(...Object.values(names));
  app.use(router.routes());
  expect(asked).toEqual({ limits: { user: "$1/day" } });

  const { post } = await listen(app);
  const body = { message: "Hi" };
  expect(await (await post("/chat", { body })).json()).toMatchObject({ reply: "You said: Hi" });
  expect(await (await post("/stream", { body })).text()).toMatch(
    /^event: start\n.*\nevent: text\n.*\nevent: run\n/s,
  );
  expect((await post("/summary", { body })).status).toBe(200);
  expect((await post("/research", { body })).status).toBe(200);
  expect(await (await post("/export")).text()).toBe("all of it");
  const refused = await post("/export", { user: null });
  expect([refused.status, (await problemOf(refused)).code]).toEqual([401, "identity_required"]);
  expect(await (await post("/me/budget", { method: "GET" })).json()).toMatchObject({
    balances: [{ subject: "alice", limit: "1.00" }],
  });
});
