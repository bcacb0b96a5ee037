/** Policies of routes, the guard, balances, streams; and routes that never ask anything. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { describe, expect, onTestFinished, test } from "vitest";
import { sqlite } from "../src/index.ts";
import { SPENT, chat, problemOf, start, startMounted } from "./running-app.ts";

describe("a route's policy", () => {
  test("narrows, and can't raise: not by a limit, not by leaving it out", async () => {
    const { app, budget, listen } = await startMounted({ limits: { user: "2 runs/day" } });
    app.use("/less", budget.policy({ limits: { user: "1 run/day" } }));
    app.use("/more", budget.policy({ limits: { user: "99 runs/day" } }));
    app.use("/all", budget.policy({ limits: { run: "$1" } }));
    for (const path of ["/less", "/more", "/all"]) chat(app, path);
    const { post } = await listen();
    expect((await post("/less")).status).toBe(200);
    expect((await post("/less")).status).toBe(402);
    expect((await post("/more")).status).toBe(200);
    expect((await post("/more")).status).toBe(402);
  });

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

  test("of one request says nothing of the next", async () => {
    const { app, budget, listen } = await startMounted({ limits: { user: "5 runs/day" } });
    app.use("/none", budget.policy({ limits: { user: "0 runs/day" } }));
    chat(app, "/none");
    chat(app, "/some");
    const { post } = await listen();
    expect((await post("/none")).status).toBe(402);
    expect((await post("/some")).status).toBe(200);
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

  test("with a limit for the route: shared by all users, and not shown to them", async () => {
    const { app, budget, listen } = await startMounted();
    app.use("/research", budget.policy({ name: "research", limits: { route: "1 run/day" } }));
    chat(app, "/research");
    chat(app);
    const { post } = await listen();
    expect((await post("/research")).status).toBe(200);
    const refused = await post("/research", { user: "bob" });
    expect(refused.status).toBe(503);
    expect(await problemOf(refused)).not.toHaveProperty("refused_by");
    expect((await post("/chat", { user: "bob" })).status).toBe(200);
  });

  test("that is wrong stops the app at its start, with its path", async () => {
    const { budget } = await start();
    const wrong = [
      () => budget.policy({ limits: { user: "5" as never } }),
      () => budget.policy({ limits: { user: "unlimited" } }),
      () => budget.guard({ override: true } as never),
    ];
    for (const make of wrong)
      expect(make).toThrow(expect.objectContaining({ code: "invalid_options" }));
  });
});

describe("the guard", () => {
  test("refuses before the handler runs, and holds nothing either way", async () => {
    const { app, budget, listen, store, simulator } = await startMounted({
      limits: { user: "1 run/day" },
    });
    let handled = 0;
    app.post("/export", budget.guard(), (_req, res) => {
      handled += 1;
      res.json({ ok: true });
    });
    chat(app);
    const { post } = await listen();
    const passed = await Promise.all([post("/export"), post("/export"), post("/export")]);
    expect(passed.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await budget.lines()).toEqual([]);
    await post("/chat");
    const response = await post("/export");
    expect(response.status).toBe(402);
    expect((await problemOf(response)).code).toBe("budget_exceeded");
    expect(handled).toBe(3);
    expect(simulator.requests()).toHaveLength(1);
    expect(await store.holds({ expired: false, limit: 1 })).toEqual([]);
  });

  test("with a policy of its own, and for nobody", async () => {
    const { app, budget, listen } = await startMounted();
    app.post("/export", budget.guard({ limits: { run: "$0.0000001" } }), (_req, res) => {
      res.json({});
    });
    const { post } = await listen();
    expect((await post("/export")).status).toBe(402);
    expect((await post("/export", { user: null })).status).toBe(401);
  });
});

describe("balances", () => {
  test("are the signed-in user's own, in snake_case, and not cached", async () => {
    const { app, budget, listen } = await startMounted({
      limits: { user: ["$1/day", "500k tokens/month"], app: "$5/day" },
    });
    app.get("/me/budget", budget.balances());
    chat(app);
    const { post, url } = await listen();
    await post("/chat");
    const response = await fetch(`${url}/me/budget`, { headers: { cookie: "session=alice" } });
    expect(response.headers.get("cache-control")).toBe("no-store");
    const [line] = await budget.lines();
    const spent = ((line?.charge.nano ?? 0) / 1e9).toFixed(9).replace(/0+$/, "");
    expect(await response.json()).toMatchObject({
      balances: [
        {
          scope: "user",
          subject: "alice",
          unit: "usd",
          limit: "1.00",
          spent,
          held: "0.00",
          used_percent: 0,
        },
        { scope: "user", unit: "tokens", limit: 500_000, spent: line?.charge.tokens },
      ],
    });
    const bob = await fetch(`${url}/me/budget`, { headers: { cookie: "session=bob" } });
    expect(await bob.json()).toMatchObject({
      balances: [{ subject: "bob", spent: "0.00" }, { spent: 0 }],
    });
    expect((await fetch(`${url}/me/budget`)).status).toBe(401);
  });
});

describe("routes that never touch assistants", () => {
  test("do nothing: no user is looked up, no store is opened, no file is made", async () => {
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

  test("a user without money left reaches the billing page", async () => {
    const { app, listen } = await startMounted(SPENT);
    app.post("/billing", (_req, res) => {
      res.json({ pay: true });
    });
    chat(app);
    const { post } = await listen();
    expect((await post("/chat")).status).toBe(402);
    expect((await post("/billing")).status).toBe(200);
  });
});

test("a stream over HTTP: text as it comes; a refusal before it begins is a 402", async () => {
  const { app, listen } = await startMounted({ limits: { user: "1 run/day" } });
  app.post("/stream", async (req, res) => {
    for await (const event of req.assistants.stream({ input: "Tell me" })) {
      if (event.type === "text") res.write(event.delta);
    }
    res.end();
  });
  const { post } = await listen();
  expect(await (await post("/stream")).text()).toBe("You said: Tell me");
  const refused = await post("/stream");
  expect(refused.status).toBe(402);
  expect((await problemOf(refused)).code).toBe("budget_exceeded");
});

test("a store that can't be opened is a 503 for the person and a reason for the developer", async () => {
  const { app, listen, logged, simulator } = await startMounted({
    store: sqlite({ path: "/dev/null/budget.sqlite" }),
  });
  chat(app);
  const response = await (await listen()).post("/chat");
  expect(response.status).toBe(503);
  const problem = await problemOf(response);
  expect(problem).toMatchObject({ code: "store_unavailable", retryable: true });
  expect(JSON.stringify(problem)).not.toContain("/dev");
  expect(logged.error.join()).toContain("/dev/null");
  expect(simulator.requests()).toHaveLength(0);
});
