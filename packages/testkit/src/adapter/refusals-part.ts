import assert from "node:assert/strict";
import { asked, gate } from "./books.ts";
import { chatted } from "./client.ts";
import { at, listAt, objectAt, textAt } from "./json.ts";
import { PROVOKED } from "./provoked.ts";
import { refusal } from "./refusal.ts";
import type { Part } from "./scene.ts";

const SPENT = { limits: { user: "$0.0000001/day" } } as const;
const DAY_SECONDS = 86_400;

/** Each refusal, as it goes over the wire. */
export const refusalsPart: Part = {
  name: "refusals",
  tests: (test) => {
    for (const { when, expected, setup, provoke } of PROVOKED)
      test(`${expected.code} is a ${expected.status}: ${when}`, async ({ start }) => {
        const scene = await start(setup?.());
        const response = await provoke(scene);
        const problem = await refusal(response, expected);
        if (expected.status < 500) return;
        assert.ok(!("refused_by" in problem), "what is shared is not shown");
        assert.doesNotMatch(textAt(problem, "detail"), /[$\d]/, "no amounts");
        assert.doesNotMatch(JSON.stringify(problem), /secret|10\.0\.0\.7|api.?key|sk-/i);
        assert.match(scene.logged.error.join("\n"), new RegExp(`${expected.code}: `), "the log");
      });

    test("budget_in_flight is a 402 with a short wait: running calls hold the money", async ({
      start,
    }) => {
      const { opened, open } = gate();
      const scene = await start({
        options: { limits: { user: "$0.004/day" } },
        simulator: { script: () => opened.then(() => ({ text: "Done" })) },
      });
      const first = scene.post("/chat");
      await asked(scene, 1, first);
      const refused = await scene.post("/chat");
      const expected = { code: "budget_in_flight", status: 402, retryAfter: 5 };
      assert.equal((await refusal(refused, expected))["retryable"], true);
      open();
      assert.equal((await first).status, 200);
      assert.equal((await scene.post("/chat")).status, 200);
    });

    test("thread_busy is a 409 with a short wait: another run is under way in the thread", async ({
      start,
    }) => {
      const { opened, open } = gate();
      const scene = await start();
      const { thread } = await chatted(await scene.post("/chat"));
      scene.simulator.setScript(() => opened.then(() => ({ text: "Done" })));
      const first = scene.post("/chat", { body: { thread } });
      await asked(scene, 2, first);
      const second = await scene.post("/chat", { body: { thread } });
      await refusal(second, { code: "thread_busy", status: 409, retryAfter: 5 });
      open();
      assert.equal((await first).status, 200);
    });

    test("budget_exceeded says who, what, how much and until when", async ({ start }) => {
      const { post } = await start({ options: { limits: { user: "1 run/day" } } });
      await chatted(await post("/chat"));
      const expected = { code: "budget_exceeded", status: 402, retryAfter: DAY_SECONDS };
      const problem = await refusal(await post("/chat"), expected);
      const [by, ...others] = listAt(problem, "refused_by");
      assert.deepEqual(others, []);
      const { window, resets_at: resetsAt, ...amounts } = objectAt(by);
      assert.equal(at(window, "end"), resetsAt);
      assert.equal(problem["resets_at"], resetsAt);
      assert.deepEqual(amounts, {
        scope: "user",
        subject: "alice",
        unit: "runs",
        period: "day",
        limit: 1,
        spent: 1,
        held: 0,
        remaining: 0,
        used_percent: 100,
        needed: 1,
        fits_output_tokens: 0,
      });
    });

    test("whoever asks for JSON or for anything gets a problem", async ({ start }) => {
      const { post } = await start({ options: SPENT });
      for (const accept of ["application/json", "*/*", "application/json, text/html"]) {
        const refused = await post("/chat", { headers: { accept } });
        await refusal(refused, { code: "run_exceeds_budget", status: 402 });
      }
    });

    test("a browser that asks for a page gets a page", async ({ start }) => {
      const { post } = await start({ options: SPENT });
      const accept = "text/html,application/xhtml+xml,*/*;q=0.8";
      const refused = await post("/chat", { headers: { accept } });
      assert.equal(refused.status, 402);
      assert.equal(refused.headers.get("content-type"), "text/html; charset=utf-8");
      assert.equal(refused.headers.get("cache-control"), "no-store");
      const page = await refused.text();
      assert.match(page, /^<!doctype html>\n<html lang="en">/);
      assert.match(page, /<h1>Request too large for the AI budget<\/h1>/);
      assert.match(page, /AI budget of \$0\.0000001/);
    });
  },
};
