/** Apps have error handlers of their own: they are asked first, and the budget's is behind them. */
import express, { type ErrorRequestHandler } from "express";
import { describe, expect, test } from "vitest";
import { isBudgetError } from "../src/index.ts";
import { SPENT, chat, listen, problemOf, start, startMounted } from "./running-app.ts";

// Express knows an error handler by its four parameters.
/* oxlint-disable max-params */
const all500: ErrorRequestHandler = (_error, _req, res, _next) => {
  res.status(500).json({ error: "Something went wrong" });
};

const passOn: ErrorRequestHandler = (error, _req, _res, next) => next(error);
/* oxlint-enable max-params */

describe("an error handler of the app's own", () => {
  test("is asked first, and sees what it needs", async () => {
    const { app, listen: serve, logged } = await startMounted(SPENT);
    chat(app);
    const seen: unknown[] = [];
    // oxlint-disable-next-line max-params -- Express knows an error handler by them
    const own: ErrorRequestHandler = (error, _req, res, next) => {
      if (!isBudgetError(error)) return next(error);
      const { status, statusCode, expose, code, headers } = error;
      seen.push({ status, statusCode, expose, code, headers });
      res.status(error.status).set(error.headers).json({ sorry: error.detail });
    };
    app.use(own);
    const response = await (await serve()).post("/chat");
    expect(response.status).toBe(402);
    expect(await response.json()).toEqual({ sorry: expect.stringContaining("AI budget") });
    expect(seen).toMatchObject([
      { status: 402, statusCode: 402, expose: true, headers: { "Cache-Control": "no-store" } },
    ]);
    expect(logged.warn).toEqual([]);
  });

  test("that passes errors on leaves ours to us", async () => {
    const { app, listen: serve } = await startMounted(SPENT);
    chat(app);
    app.use(passOn);
    const response = await (await serve()).post("/chat");
    expect([response.status, (await problemOf(response)).code]).toEqual([
      402,
      "run_exceeds_budget",
    ]);
  });

  test("that answers 500 to all: one warning with a code, once", async () => {
    const { app, listen: serve, logged } = await startMounted(SPENT);
    chat(app);
    app.use(all500);
    const { post } = await serve();
    expect((await post("/chat")).status).toBe(500);
    expect((await post("/chat")).status).toBe(500);
    expect(logged.warn).toHaveLength(1);
    expect(logged.warn[0]).toMatch(
      /ERR_AB_REFUSAL_REPLACED: .*\(run_exceeds_budget, 402\) went out as 500.*budget\.errors\(\)/,
    );
  });

  test("that answers 500 to all, with `budget.errors()` before it", async () => {
    const { app, budget, listen: serve, logged } = await startMounted(SPENT);
    chat(app);
    app.post("/broken", () => {
      throw new Error("mine");
    });
    app.use(budget.errors(), all500);
    const { post } = await serve();
    expect((await problemOf(await post("/chat"))).code).toBe("run_exceeds_budget");
    expect(await (await post("/broken")).json()).toEqual({ error: "Something went wrong" });
    expect(logged.warn).toEqual([]);
  });

  test("that answers 500 to all in a sub-app: the warning says so too", async () => {
    const { app, listen: serve, logged } = await startMounted(SPENT);
    const inner = express();
    chat(inner);
    inner.use(all500);
    app.use("/inner", inner);
    expect((await (await serve()).post("/inner/chat")).status).toBe(500);
    expect(logged.warn.join()).toContain("ERR_AB_REFUSAL_REPLACED");
  });

  test("a handler that turns the refusal into its own answer is no mistake", async () => {
    const { app, listen: serve, logged } = await startMounted(SPENT);
    app.post("/soft", async (req, res) => {
      const text = await req.assistants.run({ input: "Hi" }).then(
        (run) => run.text,
        (error: unknown) => (isBudgetError(error) ? "Come back tomorrow." : Promise.reject(error)),
      );
      res.json({ text });
    });
    const response = await (await serve()).post("/soft");
    expect(await response.json()).toEqual({ text: "Come back tomorrow." });
    expect(logged.warn).toEqual([]);
  });
});

describe("`errorHandler: false`", () => {
  test("appends nothing: Express answers, with our status and headers", async () => {
    const { app, listen: serve } = await startMounted({ ...SPENT, errorHandler: false });
    chat(app);
    const response = await (await serve()).post("/chat");
    expect(response.status).toBe(402);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(response.headers.get("x-should-retry")).toBe("false");
  });

  test("with `budget.errors()` where the app wants it", async () => {
    const { app, budget, listen: serve } = await startMounted({ ...SPENT, errorHandler: false });
    chat(app);
    app.use(budget.errors());
    expect((await problemOf(await (await serve()).post("/chat"))).code).toBe("run_exceeds_budget");
  });
});

describe("an answer that has begun", () => {
  test("is not written over: the connection ends, and the server lives", async () => {
    const { app, listen: serve } = await startMounted(SPENT);
    app.post("/late", async (req, res) => {
      res.write("begun");
      await req.assistants.run({ input: "Hi" });
    });
    const { post } = await serve();
    const response = await post("/late");
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow(/terminated|aborted|closed/);
    chat(app);
    expect((await post("/chat")).status).toBe(402);
  });
});

test("the handler is appended once, not once a request", async () => {
  const { app, listen: serve } = await startMounted(SPENT);
  chat(app);
  const { post } = await serve();
  await post("/chat");
  const { length } = app.router.stack;
  await Promise.all(Array.from({ length: 20 }, () => post("/chat")));
  expect(app.router.stack).toHaveLength(length);
});

test("two budgets in one app keep apart: each route has the one that was mounted for it", async () => {
  const one = await start({ limits: { user: "1 run/day" }, identify: () => "alice" });
  const two = await start({ limits: { user: "1 run/day" }, identify: () => "alice" });
  const app = express();
  app.use(express.json(), one.budget);
  chat(app, "/one");
  const router = express.Router();
  router.use(two.budget);
  chat(router as never, "/two");
  app.use(router);
  app.post("/narrow", two.budget.policy({ limits: { user: "0 runs/day" } }), async (req, res) => {
    res.json(await req.assistants.run({ input: "Hi" }));
  });
  const { post } = await listen(app);
  expect((await post("/two")).status).toBe(200);
  expect((await post("/two")).status).toBe(402);
  expect(await two.budget.lines()).toHaveLength(1);
  expect((await post("/narrow")).status).toBe(402);
  expect((await post("/one")).status).toBe(200);
  expect(await one.budget.lines()).toHaveLength(1);
  const { length } = app.router.stack;
  await Promise.all(Array.from({ length: 20 }, () => post("/two")));
  expect(app.router.stack).toHaveLength(length);
});
