import assert from "node:assert/strict";
import { charges, eventually, sameBooks } from "./books.ts";
import { chatted } from "./client.ts";
import { type Frame, framesOf } from "./frames.ts";
import { at, listAt, textAt } from "./json.ts";
import { problemIn, refusal } from "./refusal.ts";
import type { Part } from "./scene.ts";

const ONE = { limits: { user: "1 run/day" } } as const;

function textOf(frames: readonly Frame[]): string {
  return frames
    .filter(({ event }) => event === "text")
    .map(({ data }) => textAt(JSON.parse(data), "delta"))
    .join("");
}

/** Runs that are sent as they happen. */
export const streamsPart: Part = {
  name: "streams",
  tests: (test) => {
    test("a streaming answer is sent as events, and charged", async ({ start }) => {
      const scene = await start();
      const response = await scene.post("/stream", { body: { message: "Tell me" } });
      assert.equal(response.status, 200);
      assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
      const frames = await framesOf(response);
      assert.equal(textOf(frames), "You said: Tell me");
      assert.equal(frames.at(-1)?.event, "run");
      await sameBooks(scene);
    });

    test("a streaming answer comes while it is being made", async ({ start }) => {
      const message = "A long story, ".repeat(20);
      const scene = await start({ simulator: { chunkDelayMs: 20 } });
      const response = await scene.post("/stream", { body: { message } });
      const reader = response.body?.getReader();
      assert.match(new TextDecoder().decode((await reader?.read())?.value), /^event: start/);
      assert.deepEqual(scene.simulator.invoice().lines, [], "it is not made yet");
      while (!(await reader?.read())?.done);
      await sameBooks(scene);
    });

    test("the adapter's own events: the whole run, in the words of the wire", async ({ start }) => {
      const scene = await start();
      const response = await scene.post("/events", { body: { message: "Tell me" } });
      assert.equal(response.status, 200);
      assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
      assert.equal(response.headers.get("cache-control"), "no-store");
      const frames = await framesOf(response);
      assert.equal(textOf(frames), "You said: Tell me");
      const last = frames.at(-1);
      assert.equal(last?.event, "run");
      const run: unknown = JSON.parse(last?.data ?? "");
      const [line] = await sameBooks(scene);
      assert.equal(textAt(run, "status"), "completed");
      assert.equal(textAt(run, "id"), line?.facts.run);
      assert.equal(at(run, "usage", "total_tokens"), line?.charge.tokens);
      assert.equal(at(listAt(run, "balances")[0], "used_percent"), 0);
    });

    test("the adapter's own events: a refusal before the first one is a plain 402", async ({
      start,
    }) => {
      const { post } = await start({ options: ONE });
      await chatted(await post("/chat"));
      const expected = { code: "budget_exceeded", status: 402, retryAfter: 86_400 };
      await refusal(await post("/events"), expected);
    });

    test("the adapter's own events: what breaks off ends with the problem, and is told of", async ({
      start,
    }) => {
      const scene = await start();
      scene.simulator.inject({ kind: "cut_after_events", events: 6 });
      scene.simulator.inject({ kind: "retrieve_error", times: Infinity });
      const message = "A long story, ".repeat(20);
      const frames = await framesOf(await scene.post("/events", { body: { message } }));
      problemIn(frames.at(-1)?.data ?? "", { code: "provider_unreachable", status: 502 });
      assert.equal(frames.at(-1)?.event, "problem");
      assert.match(scene.logged.error.join(), /provider_unreachable/);
    });

    test("the adapter's own events: a reader who leaves stops nothing", async ({ start }) => {
      const scene = await start({ simulator: { chunkDelayMs: 10 } });
      const leaving = new AbortController();
      const response = await scene.post("/events", {
        body: { message: "A long story, ".repeat(10) },
        signal: leaving.signal,
      });
      await response.body?.getReader().read();
      leaving.abort();
      await eventually(async () => assert.equal((await charges(scene.store)).length, 1));
      await sameBooks(scene);
    });

    test("a streaming refusal before the first byte is a plain 402", async ({ start }) => {
      const { post } = await start({ options: ONE });
      await chatted(await post("/chat"));
      const expected = { code: "budget_exceeded", status: 402, retryAfter: 86_400 };
      for (const accept of ["text/event-stream", "*/*"])
        await refusal(await post("/stream", { headers: { accept } }), expected);
    });

    test("a refusal after headers were sent ends the stream with an error event", async ({
      start,
    }) => {
      const { post } = await start({ options: ONE });
      await chatted(await post("/chat"));
      for (const accept of ["text/event-stream", "text/html"]) {
        const response = await post("/begun-stream", { headers: { accept } });
        assert.equal(response.status, 200);
        const [only, ...others] = await framesOf(response);
        assert.deepEqual(others, []);
        assert.equal(only?.event, "problem");
        const problem = problemIn(only.data, { code: "budget_exceeded", status: 402 });
        assert.ok("refused_by" in problem);
      }
      assert.equal((await post("/hello")).status, 200);
    });

    test("a provider that breaks off in the middle ends the stream with an error event", async ({
      start,
    }) => {
      const scene = await start();
      scene.simulator.inject({ kind: "cut_after_events", events: 6 });
      scene.simulator.inject({ kind: "retrieve_error", times: Infinity });
      const message = "A long story, ".repeat(20);
      const frames = await framesOf(await scene.post("/stream", { body: { message } }));
      assert.notEqual(textOf(frames), "");
      const last = frames.at(-1);
      assert.equal(last?.event, "problem");
      problemIn(last.data, { code: "provider_unreachable", status: 502 });
      assert.match(scene.logged.error.join("\n"), /provider_unreachable: /);
      await eventually(async () => {
        const [line] = await charges(scene.store);
        assert.equal(line?.charge.known, "assumed", "nobody can say what it cost");
      });
    });
  },
};
