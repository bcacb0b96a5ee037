/** Apps have an `onError` of their own: it is asked first. Without one Hono writes the answer. */
import { type ErrorHandler, Hono } from "hono";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { isBudgetError } from "../src/index.ts";
import { type Env, SPENT, chat, post, problemOf, start, startMounted } from "./running-app.ts";

const all500: ErrorHandler<Env> = (_error, c) => c.json({ error: "Something went wrong" }, 500);

/** As Hono's documentation has it. */
const asDocumented: ErrorHandler<Env> = (error, c) =>
  error instanceof HTTPException ? error.getResponse() : c.text("mine", 500);

describe("`app.onError`", () => {
  test("sees a refusal as an `HTTPException` that is a budget error as well", async () => {
    const { app, logged } = await startMounted(SPENT);
    app.post("/chat", chat);
    const seen: Error[] = [];
    app.onError((error, c) => {
      seen.push(error);
      return isBudgetError(error) ? c.json({ sorry: error.detail }, 402) : c.text("mine", 500);
    });
    const response = await app.request("/chat", post());
    expect(response.status).toBe(402);
    expect(await response.json()).toEqual({ sorry: expect.stringContaining("AI budget") });
    const [error] = seen;
    expect(error).toBeInstanceOf(HTTPException);
    expect(error).toMatchObject({ status: 402, code: "run_exceeds_budget" });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ status: 402, retryable: false });
    expect(logged.warn).toEqual([]);
  });

  test("that answers with `getResponse()` sends the finished answer, as often as it asks", async () => {
    const { app } = await startMounted(SPENT);
    app.post("/chat", chat);
    const seen: (number | undefined)[] = [];
    app.onError((error, c) => {
      if (error instanceof HTTPException) seen.push(error.getResponse().status, error.res?.status);
      return asDocumented(error, c);
    });
    const response = await app.request("/chat", post());
    expect([response.status, ...seen]).toEqual([402, 402, 402]);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    expect(response.headers.get("vary")).toBe("Accept");
    expect((await problemOf(response)).code).toBe("run_exceeds_budget");
  });

  test("that answers 500 to all: one warning with a code, once", async () => {
    const { app, logged } = await startMounted(SPENT);
    app.post("/chat", chat);
    app.onError(all500);
    expect((await app.request("/chat", post())).status).toBe(500);
    expect((await app.request("/chat", post())).status).toBe(500);
    expect(logged.warn).toHaveLength(1);
    expect(logged.warn[0]).toMatch(
      /ERR_AB_REFUSAL_REPLACED: .*\(run_exceeds_budget, 402\) went out as 500/,
    );
  });

  test("of a sub-app is asked first there; the warning says so too", async () => {
    const { app, logged } = await startMounted(SPENT);
    const inner = new Hono<Env>().onError(all500);
    inner.post("/chat", chat);
    app.route("/inner", inner);
    app.post("/chat", chat);
    expect((await app.request("/inner/chat", post())).status).toBe(500);
    expect(logged.warn.join()).toContain("ERR_AB_REFUSAL_REPLACED");
    expect((await app.request("/chat", post())).status).toBe(402);
  });

  test("gets the app's own errors untouched", async () => {
    const { app } = await startMounted();
    const own = new Error("mine");
    app.get("/own", () => {
      throw own;
    });
    app.onError((error, c) => c.json({ same: error === own }, 418));
    expect(await (await app.request("/own")).json()).toEqual({ same: true });
  });
});

test("a handler that turns the refusal into its own answer is no mistake", async () => {
  const { app, logged } = await startMounted(SPENT);
  app.post("/soft", async (c) => {
    const text = await c.var.assistants.run({ input: "Hi" }).then(
      (run) => run.text,
      (error: unknown) => (isBudgetError(error) ? "Come back tomorrow." : Promise.reject(error)),
    );
    return c.json({ text });
  });
  const response = await app.request("/soft", post());
  expect(await response.json()).toEqual({ text: "Come back tomorrow." });
  expect(response.headers.get("x-should-retry")).toBeNull();
  expect(logged.warn).toEqual([]);
});

describe("what the app has put on the response before", () => {
  test("stays beside a refusal, and what the refusal says stands", async () => {
    const { app, budget } = await start({ ...SPENT, identify: () => "alice" });
    app.use(cors({ origin: ["https://shop.example"], credentials: true }));
    app.use(async (c, next) => {
      c.header("Cache-Control", "public, max-age=60");
      c.header("X-Request-Id", "7");
      await next();
    });
    app.use(budget);
    app.post("/chat", chat);
    for (const onError of [undefined, asDocumented]) {
      if (onError) app.onError(onError);
      const { status, headers } = await app.request(
        "/chat",
        post({}, { origin: "https://shop.example" }),
      );
      expect(status).toBe(402);
      expect(headers.get("vary")?.split(", ").toSorted()).toEqual(["Accept", "Origin"]);
      expect(headers.get("access-control-allow-origin")).toBe("https://shop.example");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-request-id")).toBe("7");
      expect(headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    }
  });

  test("a browser's preflight is answered by the app, not by the guard behind it", async () => {
    const { app, budget } = await start(SPENT);
    app.use(cors({ origin: ["https://shop.example"] }), budget);
    app.use("/chat", budget.guard());
    app.post("/chat", chat);
    const { status } = await app.request("/chat", {
      method: "OPTIONS",
      headers: { origin: "https://shop.example", "access-control-request-method": "POST" },
    });
    expect(status).toBe(204);
  });
});

test("two budgets in one app: the one mounted last counts, and the developer is told once", async () => {
  const one = await start({ limits: { user: "1 run/day" }, identify: () => "alice" });
  const two = await start({ limits: { user: "1 run/day" }, identify: () => "alice" });
  const inner = new Hono<Env>();
  inner.use(two.budget);
  inner.post("/chat", chat);
  one.app.use(one.budget);
  one.app.route("/inner", inner);
  one.app.post("/chat", chat);
  for (const status of [200, 402])
    expect((await one.app.request("/inner/chat", post())).status).toBe(status);
  expect((await one.app.request("/chat", post())).status).toBe(200);
  expect(await one.budget.lines()).toHaveLength(1);
  expect(await two.budget.lines()).toHaveLength(1);
  expect(two.logged.warn).toEqual([expect.stringContaining("ERR_AB_DOUBLE_MOUNT")]);
});

test("without an API key: one clear error in the log, and none of it to the client", async () => {
  vi.stubEnv("OPENAI_API_KEY", undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { app, logged, store } = await startMounted({ apiKey: undefined as never });
  app.post("/chat", chat);
  const response = await app.request("/chat", post());
  expect([response.status, (await problemOf(response)).code]).toEqual([500, "api_key_missing"]);
  expect(logged.error.join()).toContain("Set OPENAI_API_KEY");
  expect(await store.holds({ expired: false, limit: 1 })).toEqual([]);
});
