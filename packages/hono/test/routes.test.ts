/** Apps as Hono's users write and test them: with `app.request()`. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite } from "@assistants-budget/store-sqlite";
import { Hono } from "hono";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type Env,
  SPENT,
  chat,
  post,
  problemOf,
  signIn,
  start,
  startMounted,
} from "./running-app.ts";

const SMALL = { limits: { run: "$0.0000001" } } as const;

describe("a run", () => {
  test("is answered and charged, and a refusal is a 402 with that one line", async () => {
    const { app, budget } = await startMounted({ limits: { user: "1 run/day" } });
    app.post("/chat", chat);
    const first = await app.request("/chat", post({ message: "Hi" }));
    expect([first.status, await first.json()]).toMatchObject([200, { reply: "You said: Hi" }]);
    expect(await budget.lines()).toHaveLength(1);

    const refused = await app.request("/chat", post());
    expect(refused.status).toBe(402);
    expect(refused.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    expect(refused.headers.get("cache-control")).toBe("no-store");
    expect(refused.headers.get("vary")).toBe("Accept");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await problemOf(refused)).toMatchObject({ code: "budget_exceeded", status: 402 });
  });

  test("by the app's own client is refused with the same answer", async () => {
    const { app, budget, simulator } = await startMounted(SPENT);
    await budget.ready();
    app.post("/own", async (c) => {
      const { client } = c.var.assistants;
      const made = await client.responses.create({ model: "gpt-4o-mini", input: "Hi" });
      return c.json({ text: made.output_text });
    });
    const refused = await app.request("/own", post());
    expect([refused.status, (await problemOf(refused)).status]).toEqual([402, 402]);
    expect(refused.headers.get("content-type")).toContain("application/problem+json");
    expect(simulator.requests()).toHaveLength(0);
  });

  test("may be asked for by its name alone: a handle can be taken apart", async () => {
    const { app } = await startMounted();
    app.post("/chat", async (c) => {
      // oxlint-disable-next-line typescript/unbound-method -- what apps do
      const { run, balances } = c.var.assistants;
      await run({ input: "Hi" });
      return c.json({ balances: (await balances()).length });
    });
    expect(await (await app.request("/chat", post())).json()).toEqual({ balances: 1 });
  });
});

test("a run as server-sent events; a refusal before them is an ordinary 402", async () => {
  const { app, budget } = await startMounted({ limits: { user: "1 run/day" } });
  app.post("/stream", (c) => budget.events(c, c.var.assistants.stream({ input: "Hi" })));
  const response = await app.request("/stream", post());
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const frames = await response.text();
  expect(frames).toMatch(/^event: start\ndata: /);
  expect(frames).toMatch(/event: run\ndata: \{.*"status":"completed".*\}\n\n$/);

  const refused = await app.request("/stream", post());
  expect([refused.status, (await problemOf(refused)).code]).toEqual([402, "budget_exceeded"]);
  expect(refused.headers.get("content-type")).toContain("application/problem+json");
});

test("a worker is told what is still under way, so that a run whose client has left is finished", async () => {
  const { app, budget } = await startMounted();
  app.post("/left", (c) => {
    void c.var.assistants.run({ input: "Hi" });
    c.var.assistants.stream({ input: "Hi" });
    return c.body(null, 202);
  });
  const underWay: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>) => void underWay.push(work);
  const worker = { waitUntil, passThroughOnException: () => undefined, props: {} };
  expect((await app.request("/left", post(), {}, worker)).status).toBe(202);
  await Promise.all(underWay);
  expect([underWay.length, (await budget.lines()).length]).toEqual([2, 2]);
});

test("balances are the user's own; headers tell how the nearest limit stands", async () => {
  const { app, budget } = await startMounted({
    limits: { user: "4 runs/day" },
    headers: "percent",
  });
  app.post("/chat", chat);
  app.post("/plain", async (c) => new Response((await c.var.assistants.run({ input: "Hi" })).text));
  app.get("/me/budget", budget.balances());
  for (const [path, left] of [
    ["/chat", "75"],
    ["/plain", "50"],
  ] as const) {
    const { headers } = await app.request(path, post());
    expect([headers.get("budget-window"), headers.get("budget-remaining")]).toEqual([
      "user-day",
      left,
    ]);
  }
  const mine = await app.request("/me/budget", { headers: { cookie: "session=alice" } });
  expect(mine.headers.get("cache-control")).toBe("no-store");
  expect(await mine.json()).toMatchObject({
    balances: [{ scope: "user", subject: "alice", spent: 2, remaining: 2, used_percent: 50 }],
  });
  expect((await app.request("/me/budget")).status).toBe(401);
});

describe("a policy", () => {
  test("is a second middleware, and adds up on the way in: app, sub-app, route", async () => {
    const { app, budget, simulator } = await startMounted();
    const sub = new Hono<Env>();
    sub.use(budget.policy({ maxOutputTokens: 700 }));
    sub.use("/deep/*", budget.policy({ maxOutputTokens: 900, model: "gpt-4.1" }));
    sub.post("/deep/chat", chat);
    sub.post("/chat", budget.policy({ maxOutputTokens: 600 }), chat);
    app.route("/api", sub);
    await app.request("/api/deep/chat", post());
    await app.request("/api/chat", post());
    expect(simulator.requests().map(({ body }) => body)).toMatchObject([
      { max_output_tokens: 700, model: "gpt-4.1" },
      { max_output_tokens: 600, model: "gpt-4o-mini" },
    ]);
  });

  test("attaches by itself where the budget is not mounted; so do guard and balances", async () => {
    const { app, budget } = await start(SMALL);
    app.use(signIn);
    app.post("/chat", budget.policy({ maxOutputTokens: 300 }), chat);
    app.post("/export", budget.guard(), (c) => c.text("exported"));
    app.get("/me/budget", budget.balances());
    expect((await app.request("/chat", post())).status).toBe(402);
    expect((await app.request("/export", post())).status).toBe(402);
    const mine = await app.request("/me/budget", { headers: { cookie: "session=alice" } });
    expect(mine.status).toBe(200);
  });

  test("that overrides raises on a route of one method, and only there", async () => {
    const { app, budget, simulator } = await startMounted(SMALL);
    const more = budget.policy({ limits: { run: "$0.10" }, override: true });
    app.post("/route", more, chat);
    app.on(["PUT", "POST"], "/on", more, chat);
    const sub = new Hono<Env>();
    sub.post("/route", more, chat);
    app.route("/sub", sub);
    const wide = new Hono<Env>();
    wide.use(more);
    wide.post("/chat", chat);
    app.route("/wide", wide);
    app.use("/path/*", more);
    app.post("/path/chat", chat);
    app.post("/star/*", more);
    app.post("/star/chat", chat);
    app.all("/all", more, chat);
    for (const path of ["/route", "/on", "/sub/route"])
      expect([path, (await app.request(path, post())).status]).toEqual([path, 200]);
    for (const path of ["/wide/chat", "/path/chat", "/star/chat", "/all"]) {
      const refused = await app.request(path, post());
      expect([path, refused.status, (await problemOf(refused)).code]).toEqual([
        path,
        500,
        "invalid_options",
      ]);
    }
    expect(simulator.requests()).toHaveLength(3);
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
  const identify = () => {
    asked += 1;
    return "alice";
  };
  const { app, budget, simulator, logged } = await start({ store: sqlite({ path }), identify });
  app.use(budget);
  app.post("/hello", budget.policy({ limits: { user: "$0" } }), (c) => c.json({ hello: "world" }));
  app.post("/chat", chat);
  const passed = [await app.request("/hello", post()), await app.request("/hello", post())];
  expect(passed.map(({ status }) => status)).toEqual([200, 200]);
  expect(asked).toBe(0);
  expect(existsSync(path)).toBe(false);
  expect(simulator.requests()).toHaveLength(0);
  expect([...logged.info, ...logged.warn, ...logged.error]).toEqual([]);
  expect((await app.request("/chat", post())).status).toBe(200);
  expect(existsSync(path)).toBe(true);
});
