/** A refusal is complete with `app.use(budget)`, wherever the route is. */
import { Router } from "@koa/router";
import Koa from "koa";
import bodyParser from "koa-bodyparser";
import mount from "koa-mount";
import { OpenAI } from "openai";
import supertest from "supertest";
import { describe, expect, test } from "vitest";
import { ONE, SPENT, chat, listen, problemOf, signIn, start, startMounted } from "./running-app.ts";

test("without an API key: one clear error, before anything is held", async () => {
  const { app, logged, store } = await startMounted({ apiKey: undefined as never });
  const key = process.env["OPENAI_API_KEY"];
  delete process.env["OPENAI_API_KEY"];
  try {
    app.use(chat);
    const response = await (await listen(app)).post("/chat");
    expect(response.status).toBe(500);
    expect((await problemOf(response)).code).toBe("api_key_missing");
    expect(logged.error.join()).toContain("Set OPENAI_API_KEY");
    expect(await store.holds({ expired: false, limit: 1 })).toEqual([]);
  } finally {
    if (key !== undefined) process.env["OPENAI_API_KEY"] = key;
  }
});

describe("wherever the route is", () => {
  test("in a router within a router", async () => {
    const { app } = await startMounted(SPENT);
    const [outer, inner] = [new Router({ prefix: "/api" }), new Router()];
    inner.post("/chat", chat);
    outer.use("/v1", inner.routes(), inner.allowedMethods());
    app.use(outer.routes()).use(outer.allowedMethods());
    const { post } = await listen(app);
    expect((await post("/api/v1/chat")).status).toBe(402);
    expect((await post("/api/v1/chat", { method: "PUT" })).status).toBe(405);
  });

  test("in an app that is mounted in another, and in one of that one's", async () => {
    const { app } = await startMounted(SPENT);
    const [outer, inner] = [new Koa(), new Koa()];
    inner.use(mount("/chat", chat));
    outer.use(mount("/inner", inner));
    app.use(mount("/outer", outer));
    const response = await (await listen(app)).post("/outer/inner/chat");
    expect(response.status).toBe(402);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
  });

  test("on a router that alone mounts the budget", async () => {
    const { app, budget } = await start({ ...SPENT, identify: () => "alice" });
    const router = new Router();
    router.use(bodyParser(), budget);
    router.post("/chat", chat);
    app.use(mount("/ai", router.routes()));
    expect((await (await listen(app)).post("/ai/chat")).status).toBe(402);
  });

  test("behind other middleware, in a promise of the app's own", async () => {
    const { app } = await startMounted(SPENT);
    app.use(async (_ctx, next) => {
      await next();
    });
    app.use((ctx) => ctx.assistants.run({ input: "Hi" }).then((run) => void (ctx.body = run.text)));
    expect((await (await listen(app)).post("/chat")).status).toBe(402);
  });

  test("with supertest on `app.callback()`, which never listens by itself", async () => {
    const { app } = await startMounted(ONE);
    app.use(new Router().post("/chat", chat).routes());
    const agent = supertest(app.callback());
    const send = () => agent.post("/chat").set("cookie", "session=alice").send({ message: "Hi" });
    expect((await send()).body).toMatchObject({ reply: "You said: Hi" });
    const refused = await send();
    expect([refused.status, refused.type]).toEqual([402, "application/problem+json"]);
    expect((await agent.get("/nowhere")).status).toBe(404);
  });
});

test("what outer middleware has set stays on the answer; what was said of another body does not", async () => {
  const { app, budget } = await start(SPENT);
  app.use((ctx, next) => {
    ctx.vary("Origin");
    ctx.set("Access-Control-Allow-Origin", "https://shop.example");
    return next();
  });
  app.use(signIn).use(budget);
  app.use((ctx) => {
    ctx.attachment("report.pdf");
    ctx.set("Content-Encoding", "br");
    return chat(ctx);
  });
  const { headers, status } = await (await listen(app)).post("/chat");
  expect(status).toBe(402);
  expect(headers.get("vary")).toBe("Origin, Accept");
  expect(headers.get("access-control-allow-origin")).toBe("https://shop.example");
  expect(headers.get("content-type")).toContain("application/problem+json");
  for (const name of ["content-encoding", "content-disposition"])
    expect(headers.get(name)).toBeNull();
});

test("the `openai` SDK sees one APIError 402 with the sentence, after exactly one request", async () => {
  const { app } = await startMounted(SPENT);
  let requests = 0;
  app.use(async (ctx) => {
    requests += 1;
    const run = await ctx.assistants.run({ input: "Hi" });
    ctx.body = { output_text: run.text };
  });
  const { url } = await listen(app);
  const client = new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "sk-of-the-client",
    maxRetries: 2,
    defaultHeaders: { cookie: "session=alice" },
  });
  const error: unknown = await client.responses
    .create({ model: "any", input: "Hi" })
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(OpenAI.APIError);
  expect(error).toMatchObject({ status: 402, code: "run_exceeds_budget" });
  expect(String(error)).toContain("more than the whole AI budget of $0.0000001 for today");
  expect(requests).toBe(1);
});

test("two budgets in one app: each route has the one that was mounted for it, and a warning says so", async () => {
  const one = await start({ ...ONE, identify: () => "alice" });
  const two = await start({ ...ONE, identify: () => "alice" });
  const { app } = one;
  app.use(one.budget);
  const router = new Router();
  router.post("/two", two.budget, chat);
  router.post("/narrow", two.budget.policy({ limits: { user: "0 runs/day" } }), chat);
  router.post("/one", chat);
  app.use(router.routes());
  const { post } = await listen(app);
  expect((await post("/two")).status).toBe(200);
  expect((await post("/two")).status).toBe(402);
  expect(await two.budget.lines()).toHaveLength(1);
  expect((await post("/narrow")).status).toBe(402);
  expect((await post("/one")).status).toBe(200);
  expect(await one.budget.lines()).toHaveLength(1);
  expect(two.logged.warn.join()).toContain("ERR_AB_DOUBLE_MOUNT");
  expect(one.logged.warn).toEqual([]);
});

test("the same budget mounted twice does no harm", async () => {
  const { app, budget, logged } = await startMounted(ONE);
  app.use(budget).use(mount("/chat", chat));
  const { post } = await listen(app);
  const answers = [(await post("/chat")).status, (await post("/chat")).status];
  expect(answers).toEqual([200, 402]);
  expect(logged.warn).toEqual([]);
});
