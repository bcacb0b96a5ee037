/** Policies in a route's `config`, and routes that never ask anything. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyRequest } from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { sqlite } from "../src/index.ts";
import { ONE, SPENT, chat, codeOf, start, startRegistered } from "./running-app.ts";

const never = async () => "never";

/** An app's own hook that runs the assistant. */
async function running(request: FastifyRequest): Promise<void> {
  await request.assistants.run({ input: "Hi" });
}

describe("`config: { budget }`", () => {
  test("adds up with what scopes narrow, and is the innermost", async () => {
    const { app, budget, post, simulator } = await startRegistered();
    await app.register(async (scope) => {
      scope.addHook("preHandler", budget.policy({ maxOutputTokens: 700 }));
      chat(scope, "/deep", { budget: { maxOutputTokens: 900, model: "gpt-4.1" } });
      chat(scope, "/long", { budget: { maxOutputTokens: 900, override: true } });
      chat(scope);
    });
    chat(app, "/outside");
    for (const path of ["/deep", "/long", "/chat", "/outside"])
      expect((await post(path)).statusCode).toBe(200);
    const sent = simulator.requests().map(({ body }) => body) as Record<string, unknown>[];
    const seen = sent.map((body) => [body["max_output_tokens"], body["model"]]);
    expect(seen.slice(0, 3)).toEqual([
      [700, "gpt-4.1"],
      [900, "gpt-4o-mini"],
      [700, "gpt-4o-mini"],
    ]);
    expect(seen[3]?.[0]).not.toBe(700);
  });

  test("is there for a hook that runs assistants before the handler", async () => {
    const { app, post, simulator } = await startRegistered();
    const config = { budget: { maxOutputTokens: 300 } };
    app.post("/early", { config, onRequest: running }, async () => "");
    expect((await post("/early")).statusCode).toBe(200);
    expect(simulator.requests()[0]?.body).toMatchObject({ max_output_tokens: 300 });
  });

  test("holds where the route was declared before the budget was registered", async () => {
    const { app, budget, post } = await start();
    chat(app, "/chat", { budget: SPENT });
    await app.register(budget);
    const refused = await post("/chat");
    expect([refused.statusCode, codeOf(refused)]).toEqual([402, "run_exceeds_budget"]);
  });

  test("that is wrong stops the app at its start, with its route and its path", async () => {
    const { app } = await startRegistered({ models: ["gpt-4o-mini"] });
    const wrong: [object, RegExp][] = [
      [{ limits: { user: "5" } }, /^POST \/chat, config\.budget: limits\.user/],
      [{ limits: { user: "unlimited" } }, /^POST \/chat, config\.budget: limits\.user/],
      [{ limit: "$1" }, /^POST \/chat, config\.budget: .*"?limit"?/],
      [{ model: "gpt-4.1" }, /^POST \/chat, config\.budget: model.*"gpt-4\.1"/],
    ];
    for (const [policy, message] of wrong)
      expect(() => chat(app, "/chat", { budget: policy })).toThrow(
        expect.objectContaining({
          code: "invalid_options",
          message: expect.stringMatching(message),
        }),
      );
  });

  test("false: the route has no assistants, no guard and no balances", async () => {
    const { app, budget, post, logged } = await startRegistered();
    const config = { budget: false } as const;
    app.post("/hello", { config }, async () => ({ hello: "world" }));
    chat(app, "/chat", config);
    app.post("/guarded", { config, preHandler: budget.guard() }, never);
    app.post("/balances", { config }, budget.balances());
    expect((await post("/hello")).json()).toEqual({ hello: "world" });
    for (const path of ["/chat", "/guarded", "/balances"]) {
      const refused = await post(path);
      expect([refused.statusCode, codeOf(refused)]).toEqual([500, "invalid_options"]);
    }
    expect(logged.error[0]).toContain("config.budget: found false");
  });
});

describe("`budget.policy()` and `budget.guard()`", () => {
  test("are hooks of any stage", async () => {
    const { app, budget, post } = await startRegistered({ identify: () => "alice", ...SPENT });
    const hook = budget.guard();
    app.post("/1", { onRequest: hook }, never);
    app.post("/2", { preValidation: hook }, never);
    app.post("/3", { preHandler: [budget.policy({ maxSteps: 1 }), hook] }, never);
    for (const path of ["/1", "/2", "/3"]) expect((await post(path)).statusCode).toBe(402);
  });

  test("stand on a scope: each of its routes is guarded, and no other", async () => {
    const { app, post } = await startRegistered(SPENT);
    await app.register(async (scope) => {
      scope.addHook("preHandler", scope.budget.guard());
      scope.post("/export", never);
    });
    app.post("/billing", async () => "here you are");
    expect((await post("/export")).statusCode).toBe(402);
    expect((await post("/billing")).statusCode).toBe(200);
  });

  test("stand before a handler of what is not found", async () => {
    const { app, budget, post } = await startRegistered(SPENT);
    app.setNotFoundHandler({ preHandler: budget.guard() }, never);
    const refused = await post("/nowhere");
    expect([refused.statusCode, codeOf(refused)]).toEqual([402, "run_exceeds_budget"]);
  });

  test("never override: that is a single route's own", async () => {
    const { budget } = await startRegistered();
    const more = { limits: { user: "$9/day" }, override: true } as const;
    for (const make of [budget.policy, budget.guard])
      expect(() => make(more)).toThrow(
        expect.objectContaining({
          code: "invalid_options",
          message: expect.stringContaining("config: { budget: { …, override: true } }"),
        }),
      );
  });

  test("a guard is refused by the route's own policy as `run()` would be", async () => {
    const { app, budget, post } = await startRegistered({ limits: { user: "$9/day", run: "$1" } });
    app.post("/less", { config: { budget: SPENT }, preHandler: budget.guard() }, never);
    expect((await post("/less")).statusCode).toBe(402);
  });
});

test("a check without a hold is there for whoever has no hooks, such as a resolver", async () => {
  const { app, post, simulator } = await startRegistered(ONE);
  chat(app);
  app.post("/check", async ({ assistants }) => assistants.check().then(() => "go on"));
  expect((await post("/check")).body).toBe("go on");
  expect((await post("/check")).body).toBe("go on");
  await post("/chat");
  expect((await post("/check")).statusCode).toBe(402);
  expect(simulator.requests()).toHaveLength(1);
});

test("a route that never asks: no user is looked up, no store is opened, no file is made", async () => {
  const folder = mkdtempSync(join(tmpdir(), "untouched-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "data", "budget.sqlite");
  let asked = 0;
  const { app, post, simulator, logged } = await startRegistered({
    store: sqlite({ path }),
    identify: () => {
      asked += 1;
      return "alice";
    },
  });
  app.post("/hello", { config: { budget: SPENT } }, async () => ({ hello: "world" }));
  chat(app);
  const passed = await Promise.all([post("/hello"), post("/hello"), post("/hello")]);
  expect(passed.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
  expect(asked).toBe(0);
  expect(existsSync(path)).toBe(false);
  expect(simulator.requests()).toHaveLength(0);
  expect([...logged.info, ...logged.warn, ...logged.error]).toEqual([]);
  expect((await post("/chat")).statusCode).toBe(200);
  expect(existsSync(path)).toBe(true);
});
