/** Apps have error middleware of their own: around the budget, or nearer to the route than it. */
import type { Middleware } from "koa";
import bodyParser from "koa-bodyparser";
import mount from "koa-mount";
import { describe, expect, test } from "vitest";
import { isBudgetError } from "../src/index.ts";
import { SPENT, chat, listen, problemOf, signIn, start, startMounted } from "./running-app.ts";

/** Answers every error alike. */
const all500: Middleware = async (ctx, next) => {
  try {
    await next();
  } catch {
    ctx.status = 500;
    ctx.body = { error: "Something went wrong" };
  }
};

const broken: Middleware = () => {
  throw new TypeError("mine");
};

describe("around the budget", () => {
  test("is not asked about refusals, and has all other errors", async () => {
    const { app, budget, logged, reported } = await start(SPENT);
    app.use(all500).use(bodyParser()).use(signIn).use(budget);
    app.use(mount("/chat", chat)).use(mount("/broken", broken));
    const { post } = await listen(app);
    expect((await problemOf(await post("/chat"))).code).toBe("run_exceeds_budget");
    expect(await (await post("/broken")).json()).toEqual({ error: "Something went wrong" });
    expect([...logged.warn, ...reported]).toEqual([]);
  });

  test("gets the very error that was thrown", async () => {
    const { app, budget } = await start(SPENT);
    const errors = [new TypeError("mine"), Object.assign(new Error("gone"), { status: 410 })];
    const seen: unknown[] = [];
    app.use((_ctx, next) => next().catch((error: unknown) => seen.push(error)));
    app.use(budget);
    app.use(mount("/0", () => Promise.reject(errors[0])));
    app.use(mount("/1", () => Promise.reject(errors[1])));
    const { post } = await listen(app);
    await post("/0");
    await post("/1");
    expect(seen).toEqual(errors);
    expect(seen.every((error, at) => error === errors[at])).toBe(true);
  });
});

describe("nearer to the route than the budget", () => {
  test("is asked first, and sees what it needs", async () => {
    const { app, logged } = await startMounted(SPENT);
    const seen: unknown[] = [];
    app.use(async (ctx, next) => {
      try {
        await next();
      } catch (error) {
        if (!isBudgetError(error)) throw error;
        const { status, statusCode, expose, headers } = error;
        seen.push({ status, statusCode, expose, headers });
        ctx.status = error.status;
        ctx.set(error.headers);
        ctx.body = { sorry: error.detail };
      }
    });
    app.use(chat);
    const response = await (await listen(app)).post("/chat");
    expect(response.status).toBe(402);
    expect(await response.json()).toEqual({ sorry: expect.stringContaining("AI budget") });
    expect(seen).toMatchObject([
      { status: 402, statusCode: 402, expose: true, headers: { "Cache-Control": "no-store" } },
    ]);
    expect(logged.warn).toEqual([]);
  });

  test("that passes errors on leaves ours to us", async () => {
    const { app } = await startMounted(SPENT);
    app.use((_ctx, next) => next().catch((error: unknown) => Promise.reject(error)));
    app.use(chat);
    expect((await (await listen(app)).post("/chat")).status).toBe(402);
  });

  test("that answers 500 to all: one warning with a code, once", async () => {
    const { app, logged } = await startMounted(SPENT);
    app.use(all500).use(chat);
    const { post } = await listen(app);
    expect((await post("/chat")).status).toBe(500);
    expect((await post("/chat")).status).toBe(500);
    await expect.poll(() => logged.warn).toHaveLength(1);
    expect(logged.warn[0]).toMatch(
      /ERR_AB_REFUSAL_REPLACED: .*\(run_exceeds_budget, 402\) went out as 500.*isBudgetError\(error\)/,
    );
  });

  test("that answers 500 to a guard's refusal: the warning says so too", async () => {
    const { app, budget, logged } = await startMounted(SPENT);
    app.use(all500).use(budget.guard());
    expect((await (await listen(app)).post("/export")).status).toBe(500);
    await expect.poll(() => logged.warn.join()).toContain("ERR_AB_REFUSAL_REPLACED");
  });

  test("a handler that turns the refusal into its own answer is no mistake", async () => {
    const { app, logged } = await startMounted(SPENT);
    app.use(async (ctx) => {
      const text = await ctx.assistants.run({ input: "Hi" }).then(
        (run) => run.text,
        (error: unknown) => (isBudgetError(error) ? "Come back tomorrow." : Promise.reject(error)),
      );
      ctx.body = { text };
    });
    const response = await (await listen(app)).post("/soft");
    expect(await response.json()).toEqual({ text: "Come back tomorrow." });
    expect(logged.warn).toEqual([]);
  });
});
