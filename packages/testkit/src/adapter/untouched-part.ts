import assert from "node:assert/strict";
import { costNothing } from "./books.ts";
import { statuses } from "./client.ts";
import { failing } from "./routes.ts";
import type { Part, Scene, Setup } from "./scene.ts";

/** What is the framework's own in an answer. */
async function answerOf(scene: Scene, method: string, path: string) {
  const { status, headers, ...response } = await (async () => {
    const got = await scene.ask(method, path, { user: null });
    return { status: got.status, headers: got.headers, text: await got.text() };
  })();
  const kept = ["content-type", "cache-control", "allow", "retry-after"] as const;
  return { status, text: response.text, headers: kept.map((name) => headers.get(name)) };
}

/** What does not ask for the assistants is the app's own: as if there were no budget. */
export const untouchedPart: Part = {
  name: "routes that never ask",
  tests: (test) => {
    test("a route that never touches the assistants works for a user without money", async ({
      start,
    }) => {
      const scene = await start({ options: { limits: { user: "$0/day", app: "$0/day" } } });
      assert.equal((await scene.post("/chat")).status, 402);
      const responses = [
        await scene.ask("GET", "/hello"),
        await scene.post("/hello"),
        await scene.post("/hello", { user: null }),
      ];
      assert.deepEqual(statuses(responses), [200]);
      await costNothing(scene);
    });

    test("a route that never touches the assistants looks nobody up", async ({ start }) => {
      let asked = 0;
      const identify = () => {
        asked += 1;
        return "alice";
      };
      const { ask, post } = await start({ options: { identify } });
      await Promise.all([ask("GET", "/hello"), ask("GET", "/hello"), post("/hello")]);
      assert.equal(asked, 0);
      assert.equal((await post("/chat", { user: null })).status, 200);
      assert.ok(asked > 0, "and a run does");
    });

    test("an error of the app's own passes untouched", async ({ start, teapot }) => {
      const error = teapot();
      const routes: Setup["routes"] = [
        { method: "get", path: "/teapot", handler: failing(error) },
        { method: "get", path: "/policed", policy: {}, handler: failing(error) },
      ];
      const bare = await start({ mounted: false, routes: routes.slice(0, 1) });
      const scene = await start({ routes });
      const expected = await answerOf(bare, "GET", "/teapot");
      assert.equal(expected.status, 418, "the harness's teapot");
      assert.deepEqual(await answerOf(scene, "GET", "/teapot"), expected);
      assert.deepEqual(await answerOf(scene, "GET", "/policed"), expected);
      assert.deepEqual(scene.logged, { warn: [], error: [] });
    });

    test("an object that only looks like a refusal is not answered as one", async ({ start }) => {
      const fake = Object.assign(new Error("mine"), {
        code: "budget_exceeded",
        status: 402,
        detail: "<b>",
      });
      const { ask, logged } = await start({
        routes: [{ method: "get", path: "/fake", handler: failing(fake) }],
      });
      const response = await ask("GET", "/fake");
      assert.doesNotMatch(response.headers.get("content-type") ?? "", /problem/);
      assert.doesNotMatch(await response.text(), /urn:assistants-budget/);
      assert.deepEqual(logged, { warn: [], error: [] });
    });

    test("HEAD and OPTIONS cost nothing and are not refused", async ({ start }) => {
      const [bare, scene] = [
        await start({ mounted: false }),
        await start({ options: { limits: { user: "$0/day" } } }),
      ];
      for (const method of ["HEAD", "OPTIONS"])
        for (const path of ["/hello", "/chat", "/stream"]) {
          const expected = await answerOf(bare, method, path);
          assert.deepEqual(await answerOf(scene, method, path), expected, `${method} ${path}`);
          assert.ok(![401, 402].includes(expected.status));
        }
      assert.equal((await scene.ask("HEAD", "/hello")).status, 200);
      await costNothing(scene);
    });

    test("an address that is not there stays not there", async ({ start }) => {
      const [bare, scene] = [await start({ mounted: false }), await start()];
      const expected = await answerOf(bare, "GET", "/nowhere");
      assert.equal(expected.status, 404);
      assert.deepEqual(await answerOf(scene, "GET", "/nowhere"), expected);
    });
  },
};
