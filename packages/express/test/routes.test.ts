/** Policies on routers, and routes that never ask anything. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { describe, expect, onTestFinished, test } from "vitest";
import { sqlite } from "../src/index.ts";
import { chat, problemOf, start, startMounted } from "./running-app.ts";

describe("a route's policy", () => {
  test("adds up on the way in: app, router, route", async () => {
    const { app, budget, listen, simulator } = await startMounted();
    const router = express.Router();
    router.use(budget.policy({ maxOutputTokens: 700 }));
    router.use("/deep", budget.policy({ maxOutputTokens: 900, model: "gpt-4.1" }));
    chat(router as never, "/deep/chat");
    chat(router as never, "/chat");
    app.use("/api", router);
    const { post } = await listen();
    await post("/api/deep/chat");
    await post("/api/chat");
    expect(simulator.requests().map(({ body }) => body)).toMatchObject([
      { max_output_tokens: 700, model: "gpt-4.1" },
      { max_output_tokens: 700, model: "gpt-4o-mini" },
    ]);
  });

  test("attaches by itself where the budget is not mounted", async () => {
    const { app, budget, listen } = await start({ identify: () => "alice" });
    app.use(express.json());
    app.post("/chat", budget.policy({ limits: { run: "$0.0000001" } }), async (req, res) => {
      res.json(await req.assistants.run({ input: "Hi" }));
    });
    const response = await (await listen()).post("/chat");
    expect(response.status).toBe(402);
    expect((await problemOf(response)).code).toBe("run_exceeds_budget");
  });

  test("that overrides is refused in `use()` also behind a route that has passed the request on", async () => {
    const { app, budget, listen, simulator } = await startMounted({
      limits: { user: "1 run/day" },
    });
    app.all("/{*any}", (_req, _res, next) => next());
    app.use(budget.policy({ limits: { user: "99 runs/day" }, override: true }));
    chat(app, "/chat");
    const { post } = await listen();
    const refused = await post("/chat");
    expect((await problemOf(refused)).code).toBe("invalid_options");
    expect(simulator.requests()).toEqual([]);
  });

  test("that overrides may be called by another handler of its route", async () => {
    const { app, budget, listen } = await startMounted({ limits: { user: "0 runs/day" } });
    const raise = budget.policy({ limits: { user: "1 run/day" }, override: true });
    app.post(
      "/more",
      (req, res, next) => void raise(req, res, next),
      async (req, res) => {
        res.json(await req.assistants.run({ input: "Hi" }));
      },
    );
    expect((await (await listen()).post("/more")).status).toBe(200);
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

test("a route that never asks: no user is looked up, no store is opened, no file is made", async () => {
  const folder = mkdtempSync(join(tmpdir(), "untouched-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "data", "budget.sqlite");
  let asked = 0;
  const { app, budget, listen, simulator, logged } = await start({
    store: sqlite({ path }),
    identify: () => {
      asked += 1;
      return "alice";
    },
  });
  app.use(express.json(), budget);
  app.post("/hello", budget.policy({ limits: { user: "$0" } }), (_req, res) => {
    res.json({ hello: "world" });
  });
  chat(app);
  const { post } = await listen();
  const passed = await Promise.all([post("/hello"), post("/hello"), post("/hello")]);
  expect(passed.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(asked).toBe(0);
  expect(existsSync(path)).toBe(false);
  expect(simulator.requests()).toHaveLength(0);
  expect([...logged.info, ...logged.warn, ...logged.error]).toEqual([]);
  expect((await post("/chat")).status).toBe(200);
  expect(existsSync(path)).toBe(true);
});
