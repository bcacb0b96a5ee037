/** A budget belongs to the scope in which it is registered, and to all below. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { assistantsBudget, sqlite } from "../src/index.ts";
import {
  ONE,
  SPENT,
  before,
  chat,
  client,
  codeOf,
  signingApp,
  start,
  startRegistered,
} from "./running-app.ts";

describe("registered", () => {
  test("as a plugin with its options: `await app.register(assistantsBudget, { … })`", async () => {
    const { options } = await before(ONE);
    const app = await signingApp();
    await app.register(assistantsBudget, options);
    chat(app);
    app.get("/me/budget", app.budget.balances());
    const post = client(app);
    expect((await post("/chat")).statusCode).toBe(200);
    expect((await post("/chat")).statusCode).toBe(402);
    expect((await post("/me/budget", { method: "GET" })).json()).toMatchObject({
      balances: [{ subject: "alice", unit: "runs", spent: 1 }],
    });
    expect(await app.budget.lines()).toHaveLength(1);
  });

  test("as a plugin with wrong options: the app does not start, and says why", async () => {
    const app = await signingApp();
    await expect(async () => {
      await app.register(assistantsBudget, { limits: { user: "5" as never } });
    }).rejects.toThrow(/limits\.user.*"5"/);
  });

  test("by itself, with nothing: the defaults hold, and one line says so", async () => {
    const { options, logged } = await before({ assistants: undefined as never });
    const app = await signingApp();
    await app.register(assistantsBudget, options);
    expect(logged.info.join()).toContain("$1 a day for each user");
  });

  test("is known to other plugins by its name and its decorators", async () => {
    const { app, budget } = await startRegistered();
    expect(app.hasPlugin("@assistants-budget/fastify")).toBe(true);
    expect(app.hasRequestDecorator("assistants")).toBe(true);
    expect(app.getDecorator("budget")).toMatchObject({ guard: budget.guard, for: budget.for });
  });
});

describe("in a scope of its own", () => {
  test("it is nobody's outside", async () => {
    const { app, budget, post } = await start(ONE);
    await app.register(async (scope) => {
      await scope.register(budget);
      chat(scope, "/inside");
      await scope.register(async (below) => chat(below, "/below"));
    });
    app.post("/outside", async (request) => ({ has: Reflect.has(request, "assistants") }));
    expect(app.hasDecorator("budget")).toBe(false);
    expect((await post("/outside")).json()).toEqual({ has: false });
    expect((await post("/inside")).statusCode).toBe(200);
    const refused = await post("/below");
    expect([refused.statusCode, codeOf(refused)]).toEqual([402, "budget_exceeded"]);
  });

  test("a scope that was there before the budget is under it too", async () => {
    const { app, budget, post } = await start(SPENT);
    await app.register(async (scope) => chat(scope));
    await app.register(budget);
    const refused = await post("/chat");
    expect([refused.statusCode, codeOf(refused)]).toEqual([402, "run_exceeds_budget"]);
    expect(refused.headers["content-type"]).toContain("application/problem+json");
  });

  test("its hooks outside of it are a mistake that says so, whatever they would have done", async () => {
    const { app, budget, post } = await start();
    await app.register(async (scope) => {
      await scope.register(budget);
    });
    app.post("/guard", { preHandler: budget.guard() }, async () => "never");
    app.post("/policy", { preHandler: budget.policy(SPENT) }, async () => "never");
    app.post("/balances", budget.balances());
    for (const path of ["/guard", "/policy", "/balances"]) {
      const { statusCode, body } = await post(path);
      expect([path, statusCode]).toEqual([path, 500]);
      expect(body).toContain("invalid_options");
    }
  });

  test("in two scopes side by side it is one budget", async () => {
    const { app, budget, post, logged } = await start(ONE);
    for (const url of ["/one", "/two"])
      await app.register(async (scope) => {
        await scope.register(budget);
        chat(scope, url);
      });
    expect((await post("/one")).statusCode).toBe(200);
    expect((await post("/two")).statusCode).toBe(402);
    expect(logged.warn).toEqual([]);
  });
});

describe("two budgets", () => {
  test("one within the other: each route has the nearest, and the developer is told once", async () => {
    const outer = await startRegistered({ ...ONE, models: ["gpt-4o-mini"] });
    const inner = await start(ONE);
    await outer.app.register(async (scope) => {
      await scope.register(inner.budget);
      chat(scope, "/inner", { budget: { model: "gpt-4.1" } });
    });
    chat(outer.app, "/outer");
    const { post } = outer;
    expect((await post("/inner")).statusCode).toBe(200);
    expect(codeOf(await post("/inner"))).toBe("budget_exceeded");
    expect((await post("/outer")).statusCode).toBe(200);
    expect([await outer.budget.lines(), await inner.budget.lines()]).toMatchObject([[{}], [{}]]);
    expect(inner.logged.warn).toEqual([expect.stringContaining("ERR_AB_DOUBLE_MOUNT")]);
  });

  test("in one scope: Fastify refuses the second", async () => {
    const { app } = await startRegistered();
    const { budget } = await start();
    await expect(async () => {
      await app.register(budget);
    }).rejects.toThrow(/'budget' has already been added/);
  });
});

test("the app's `close()` closes the budget, once, and waits for the runs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "closing-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = sqlite({ path: join(folder, "budget.sqlite") });
  const { app, budget, post } = await startRegistered({ store });
  chat(app);
  expect((await post("/chat")).statusCode).toBe(200);
  await app.close();
  await expect(budget.for({ user: "alice" }).run({ input: "Hi" })).rejects.toThrow(/closed/);
  await budget.close();
});

test("the app's own log takes what the budget tells", async () => {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const { fastify } = await import("fastify");
  const app = fastify({ logger: { stream } });
  onTestFinished(() => app.close());
  const { options } = await before({ log: app.log, assistants: undefined as never });
  await app.register(assistantsBudget, options);
  expect(lines.join()).toContain("$1 a day for each user");
});
