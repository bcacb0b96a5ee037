/** Bodies that are streams: Koa sends them when all middleware is done. */
import { createReadStream } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import type { Context } from "koa";
import { describe, expect, test } from "vitest";
import { ONE, SPENT, listen, problemOf, start, startMounted } from "./running-app.ts";

/** What a run says, as it says it. */
async function* textOf(ctx: Context): AsyncGenerator<string> {
  for await (const event of ctx.assistants.stream({ input: "Hello" }))
    if (event.type === "text") yield event.delta;
}

/** Says something, then asks for what there is no money for. */
async function* lateRefusal(ctx: Context): AsyncGenerator<string> {
  yield ": one moment\n\n";
  await ctx.assistants.run({ input: "Hello" });
}

const MINE = new Error("mine");

async function* failing(): AsyncGenerator<string> {
  yield ": one moment\n\n";
  throw MINE;
}

describe("a refusal before the first byte is an ordinary answer", () => {
  test.for<[string, (ctx: Context) => Readable | ReadableStream]>([
    ["a generator", (ctx) => Readable.from(textOf(ctx))],
    ["a web stream", (ctx) => ReadableStream.from(textOf(ctx))],
    [
      "a pass-through that somebody else writes to",
      (ctx) => {
        const body = new PassThrough();
        ctx.assistants.run({ input: "Hello" }).then(
          (run) => body.end(run.text),
          (error: Error) => body.destroy(error),
        );
        return body;
      },
    ],
  ])("%s", async ([, bodyOf]) => {
    const { app, reported } = await startMounted(ONE);
    app.use((ctx) => {
      ctx.type = "text/plain";
      ctx.body = bodyOf(ctx);
    });
    const { post } = await listen(app);
    const [answer, refused] = [await post("/"), await post("/")];
    expect([answer.status, await answer.text()]).toEqual([200, "You said: Hello"]);
    expect(refused.status).toBe(402);
    expect(refused.headers.get("content-type")).toContain("application/problem+json");
    expect(refused.headers.get("retry-after")).not.toBeNull();
    expect((await problemOf(refused)).code).toBe("budget_exceeded");
    expect(reported).toEqual([]);
  });
});

describe("a refusal after the first byte", () => {
  test.for<[string, (ctx: Context) => Readable | ReadableStream]>([
    ["a generator", (ctx) => Readable.from(lateRefusal(ctx))],
    ["a web stream", (ctx) => ReadableStream.from(lateRefusal(ctx))],
  ])("is the last event of an event stream: %s", async ([, bodyOf]) => {
    const { app, reported } = await startMounted(SPENT);
    app.use((ctx) => {
      ctx.type = "text/event-stream";
      ctx.body = bodyOf(ctx);
    });
    const response = await (await listen(app)).post("/");
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(
      /^: one moment\n\nevent: problem\ndata: \{.*"code":"run_exceeds_budget".*\}\n\n$/,
    );
    expect(reported).toEqual([]);
  });

  test("is Koa's to end in any other stream, and the server lives", async () => {
    const { app, reported } = await startMounted(SPENT);
    app.use((ctx) => {
      ctx.type = "text/plain";
      ctx.body = Readable.from(lateRefusal(ctx));
    });
    const { post } = await listen(app);
    for (const response of [await post("/"), await post("/")])
      await expect(response.text()).rejects.toThrow(/terminated/);
    expect(reported[0]).toMatchObject({ code: "run_exceeds_budget", headerSent: true });
  });

  test("where the app writes to the response itself", async () => {
    const { app } = await startMounted(SPENT);
    app.use(async (ctx) => {
      ctx.respond = false;
      ctx.res.setHeader("Content-Type", "text/event-stream");
      ctx.res.write(": one moment\n\n");
      await ctx.assistants.run({ input: "Hello" });
    });
    const text = await (await (await listen(app)).post("/")).text();
    expect(text).toMatch(/^: one moment\n\nevent: problem\n/);
  });
});

describe("streams of the app's own", () => {
  test("fail as they fail without a budget", async () => {
    const outcomes = [];
    for (const { app, budget, reported } of [await start(), await start()]) {
      if (outcomes.length > 0) app.use(budget);
      app.use((ctx) => {
        ctx.type = "text/event-stream";
        ctx.body = Readable.from(failing());
      });
      const response = await (await listen(app)).post("/");
      await expect(response.text()).rejects.toThrow(/terminated/);
      outcomes.push(reported);
    }
    expect(outcomes[0]).toContain(MINE);
    expect(outcomes[1]).toEqual(outcomes[0]);
  });

  test("of a file, or of a known length, are sent as they are", async () => {
    const { app, budget } = await start();
    const seen: boolean[] = [];
    const bodies = [() => createReadStream(import.meta.filename), () => Readable.from(["12345"])];
    let made: Readable | undefined;
    app.use(async (ctx, next) => {
      await next();
      seen.push(ctx.body === made);
    });
    app.use(budget).use((ctx) => {
      ctx.body = made = bodies[seen.length]?.();
      if (seen.length === 1) ctx.length = 5;
    });
    const { post } = await listen(app);
    expect(await (await post("/")).text()).toContain("are sent as they are");
    const response = await post("/");
    expect([response.headers.get("content-length"), await response.text()]).toEqual(["5", "12345"]);
    expect(seen).toEqual([true, true]);
  });

  test("end when the client leaves", async () => {
    const { app } = await startMounted();
    const endless = new Readable({ read: () => undefined });
    endless.push("begun");
    app.use((ctx) => {
      ctx.body = endless;
    });
    const response = await (await listen(app)).post("/");
    await response.body?.cancel();
    await expect.poll(() => endless.destroyed).toBe(true);
  });
});

describe("`budget.events(ctx, stream)`", () => {
  test("sends a run as server-sent events, with headers that proxies need", async () => {
    const { app, budget, simulator } = await startMounted();
    app.use(async (ctx) => {
      await budget.events(ctx, ctx.assistants.stream({ input: "Hello" }));
    });
    const response = await (await listen(app)).post("/");
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    const text = await response.text();
    expect(text).toMatch(
      /^event: start\ndata: \{"id":"run_.*\n\nevent: text\ndata: \{"delta":"You /,
    );
    expect(text).toMatch(/event: run\ndata: \{.*"text":"You said: Hello".*\}\n\n$/);
    expect(simulator.invoice().lines).toHaveLength(1);
  });

  test("leaves a refusal before the first event to the middleware", async () => {
    const { app, budget } = await startMounted(SPENT);
    app.use((ctx) => budget.events(ctx, ctx.assistants.stream({ input: "Hello" })));
    const response = await (await listen(app)).post("/");
    expect([response.status, (await problemOf(response)).code]).toEqual([
      402,
      "run_exceeds_budget",
    ]);
  });

  test("ends with a problem where the provider breaks off", async () => {
    const { app, budget, simulator } = await startMounted();
    simulator.inject({ kind: "cut_after_events", events: 6 });
    simulator.inject({ kind: "retrieve_error", times: Infinity });
    const input = "A long story, ".repeat(20);
    app.use((ctx) => budget.events(ctx, ctx.assistants.stream({ input })));
    const text = await (await (await listen(app)).post("/")).text();
    expect(text).toMatch(/\n\nevent: problem\ndata: \{.*"code":"provider_unreachable".*\}\n\n$/);
  });

  test("a client that leaves in the middle: the run is finished and kept", async () => {
    const { app, budget, simulator } = await startMounted({ simulator: { chunkDelayMs: 20 } });
    app.use((ctx) =>
      budget.events(ctx, ctx.assistants.stream({ input: "A long story, ".repeat(20) })),
    );
    const response = await (await listen(app)).post("/");
    await response.body?.cancel();
    await expect.poll(() => budget.lines(), { timeout: 4_000 }).toHaveLength(1);
    expect(simulator.invoice().lines).toHaveLength(1);
  });
});
