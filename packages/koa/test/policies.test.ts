/** Policies on routers and routes, and routes that never ask anything. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Router } from "@koa/router";
import bodyParser from "koa-bodyparser";
import mount from "koa-mount";
import { describe, expect, onTestFinished, test } from "vitest";
import { sqlite } from "../src/index.ts";
import { ONE, chat, listen, problemOf, start, startMounted } from "./running-app.ts";

const MORE = { limits: { user: "3 runs/day" }, override: true } as const;

describe("a policy", () => {
  test("adds up on the way in: app, router, route", async () => {
    const { app, budget, simulator } = await startMounted();
    const router = new Router({ prefix: "/api" });
    router.use(budget.policy({ maxOutputTokens: 700 }));
    router.use("/deep", budget.policy({ maxOutputTokens: 900, model: "gpt-4.1" }));
    router.post("/deep/chat", chat).post("/chat", chat);
    app.use(router.routes());
    const { post } = await listen(app);
    await post("/api/deep/chat");
    await post("/api/chat");
    expect(simulator.requests().map(({ body }) => body)).toMatchObject([
      { max_output_tokens: 700, model: "gpt-4.1" },
      { max_output_tokens: 700, model: "gpt-4o-mini" },
    ]);
  });

  test("attaches by itself where the budget is not mounted", async () => {
    const { app, budget } = await start({ identify: () => "alice" });
    app.use(bodyParser());
    app.use(mount("/chat", budget.policy({ limits: { run: "$0.0000001" } }, chat)));
    const response = await (await listen(app)).post("/chat");
    expect(response.status).toBe(402);
    expect((await problemOf(response)).code).toBe("run_exceeds_budget");
  });

  test("that is wrong stops the app at its start, with its path", async () => {
    const { budget } = await start();
    const wrong = [
      () => budget.policy({ limits: { user: "5" as never } }),
      () => budget.policy({ limits: { user: "unlimited" } }),
      () => budget.guard({ limit: "$1" } as never),
    ];
    for (const make of wrong)
      expect(make).toThrow(expect.objectContaining({ code: "invalid_options" }));
  });
});

describe("a policy that overrides", () => {
  test("raises where it is given its handler, and only there", async () => {
    const { app, budget } = await startMounted(ONE);
    const router = new Router();
    router.post("/more", budget.policy(MORE, chat)).post("/chat", chat);
    app.use(router.routes());
    const { post } = await listen(app);
    const statuses = [];
    for (const path of ["/more", "/more", "/chat", "/more", "/more"])
      statuses.push((await post(path)).status);
    expect(statuses).toEqual([200, 200, 402, 200, 402]);
  });

  test("stops the app at its start where it could be a router's", async () => {
    const { budget } = await start();
    const router = new Router();
    const wrong = [
      () => budget.policy(MORE),
      () => budget.guard(MORE),
      () => budget.policy(MORE, router.routes()),
    ];
    for (const make of wrong)
      expect(make).toThrow(
        expect.objectContaining({
          code: "invalid_options",
          message: expect.stringContaining("override"),
        }),
      );
  });
});

test("a guard goes on to what comes after it, and holds nothing", async () => {
  const { app, budget, store } = await start({ ...ONE, identify: () => "alice" });
  const router = new Router();
  router.post("/export", budget.guard(), (ctx) => {
    ctx.body = "all of it";
  });
  router.post("/chat", budget.policy({}), chat);
  app.use(bodyParser()).use(router.routes());
  const { post } = await listen(app);
  expect(await (await post("/export")).text()).toBe("all of it");
  expect(await store.holds({ expired: false, limit: 1 })).toEqual([]);
  expect((await post("/chat")).status).toBe(200);
  expect((await problemOf(await post("/export"))).code).toBe("budget_exceeded");
});

test("a route that never asks: no user is looked up, no store is opened, no file is made", async () => {
  const folder = mkdtempSync(join(tmpdir(), "untouched-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "data", "budget.sqlite");
  let asked = 0;
  const { app, budget, simulator, logged } = await start({
    store: sqlite({ path }),
    identify: () => {
      asked += 1;
      return "alice";
    },
  });
  const router = new Router();
  router.post("/hello", budget.policy({ limits: { user: "$0" } }), (ctx) => {
    ctx.body = { hello: "world" };
  });
  router.post("/chat", chat);
  app.use(bodyParser()).use(budget).use(router.routes());
  const { post } = await listen(app);
  const passed = await Promise.all([post("/hello"), post("/hello"), post("/hello")]);
  expect(passed.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(asked).toBe(0);
  expect(existsSync(path)).toBe(false);
  expect(simulator.requests()).toHaveLength(0);
  expect([...logged.info, ...logged.warn, ...logged.error]).toEqual([]);
  expect((await post("/chat")).status).toBe(200);
  expect(existsSync(path)).toBe(true);
});
