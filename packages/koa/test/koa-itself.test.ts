/** What Koa does by itself goes on as it did. */
import { once } from "node:events";
import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Context } from "koa";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { SPENT, chat, listen, startMounted } from "./running-app.ts";

describe("errors", () => {
  test("`ctx.throw` answers, with its own headers, and Koa tells the app", async () => {
    const { app, reported } = await startMounted(SPENT);
    app.use((ctx) => ctx.throw(402, "Pay first", { headers: { "x-price": "5" } }));
    const response = await (await listen(app)).post("/");
    expect([response.status, await response.text()]).toEqual([402, "Pay first"]);
    expect(response.headers.get("x-price")).toBe("5");
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(reported).toMatchObject([{ message: "Pay first" }]);
  });

  test("an app's own `ctx.onerror` gets all but refusals", async () => {
    const { app } = await startMounted(SPENT);
    const seen: unknown[] = [];
    const koas: unknown = Reflect.get(app.context, "onerror");
    Object.assign(app.context, {
      onerror(this: Context, ...args: [Error]) {
        if (args[0]) seen.push(args[0]);
        Reflect.apply(koas as Context["onerror"], this, args);
      },
    });
    const error = new Error("mine");
    app.use((ctx) => (ctx.path === "/chat" ? chat(ctx) : Promise.reject(error)));
    const { post } = await listen(app);
    expect([(await post("/chat")).status, (await post("/")).status]).toEqual([402, 500]);
    expect(seen).toEqual([error]);
  });

  test("a refusal prints nothing; `app.silent` keeps other errors quiet", async () => {
    const print = vi.spyOn(console, "error").mockReturnValue();
    const { app } = await startMounted(SPENT);
    app.removeAllListeners("error");
    app.use((ctx) => (ctx.path === "/chat" ? chat(ctx) : Promise.reject(new Error("mine"))));
    const { post } = await listen(app);
    await post("/chat");
    expect(print).not.toHaveBeenCalled();
    await post("/");
    expect(print).toHaveBeenCalledOnce();
    app.silent = true;
    await post("/");
    expect(print).toHaveBeenCalledOnce();
  });
});

describe("answers", () => {
  test("HEAD of a refused address has the refusal's status and headers, and no body", async () => {
    const { app } = await startMounted(SPENT);
    app.use(chat);
    const { post } = await listen(app);
    const [got, head] = [await post("/", { method: "GET" }), await post("/", { method: "HEAD" })];
    expect([got.status, head.status]).toEqual([402, 402]);
    const shown = ["content-type", "content-length", "cache-control", "vary"] as const;
    expect(shown.map((name) => head.headers.get(name))).toEqual(
      shown.map((name) => got.headers.get(name)),
    );
    expect(await head.text()).toBe("");
  });

  test("with `ctx.respond = false` are the app's own", async () => {
    const { app } = await startMounted(SPENT);
    app.use((ctx) => {
      ctx.respond = false;
      ctx.res.writeHead(299, { "content-type": "text/x-own" }).end("own");
    });
    const response = await (await listen(app)).post("/");
    expect([response.status, await response.text()]).toEqual([299, "own"]);
  });

  test("with `ctx.respond = false` that were refused before they began are a 402", async () => {
    const { app } = await startMounted(SPENT);
    app.use((ctx) => {
      ctx.respond = false;
      return chat(ctx);
    });
    expect((await (await listen(app)).post("/")).status).toBe(402);
  });

  test("that have begun and are no event stream are not written over", async () => {
    const { app, reported } = await startMounted(SPENT);
    app.use(async (ctx) => {
      ctx.status = 200;
      ctx.res.write("begun");
      await ctx.assistants.run({ input: "Hi" }).finally(() => ctx.res.end());
    });
    const response = await (await listen(app)).post("/");
    expect([response.status, await response.text()]).toEqual([200, "begun"]);
    expect(reported).toMatchObject([{ code: "run_exceeds_budget", headerSent: true }]);
  });

  test("go out over HTTP/2 too", async () => {
    const { app } = await startMounted(SPENT);
    app.use(chat);
    const server = createServer(app.callback()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => (client.close(), void server.close()));
    const request = client.request({ ":method": "POST", cookie: "session=alice" });
    request.end();
    const [headers] = (await once(request, "response")) as [Record<string, unknown>];
    expect(headers[":status"]).toBe(402);
    expect(headers["content-type"]).toContain("problem+json");
    request.close();
  });
});

test("`app.context` has the one getter, and requests have nothing of their own until they ask", async () => {
  const { app } = await startMounted();
  const own: boolean[] = [];
  app.use((ctx) => {
    own.push(Object.hasOwn(ctx, "assistants"));
    ctx.body = ctx.assistants === ctx.assistants;
  });
  expect(await (await (await listen(app)).post("/")).json()).toBe(true);
  expect(own).toEqual([false]);
  expect(Object.hasOwn(app.context, "assistants")).toBe(true);
});
