import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { asked, charges, costNothing, eventually, gate, payers, sameBooks } from "./books.ts";
import { chatted, statuses } from "./client.ts";
import type { Route } from "./harness.ts";
import { at } from "./json.ts";
import type { Part } from "./scene.ts";

/** Nano-dollars. */
const CENT = 10_000_000;
const MANY = 200;

/** One run after the other, for one request. */
const twice: Route = {
  method: "post",
  path: "/chat-twice",
  handler: {
    kind: "json",
    answer: async ({ assistants }) => [
      await assistants().run({ input: "One" }),
      await assistants().run({ input: "Two" }),
    ],
  },
};

/** What is allowed is answered, and charged to whoever asked. */
export const runsPart: Part = {
  name: "runs",
  tests: (test) => {
    test("an allowed run is answered and charged: the ledger's line is the invoice's", async ({
      start,
    }) => {
      const scene = await start();
      const { reply, run, cost } = await chatted(await scene.post("/chat"));
      assert.equal(reply, "You said: Hello");
      const [line] = await sameBooks(scene);
      assert.deepEqual([line?.facts.user, line?.facts.run], ["alice", run]);
      assert.equal(Number(cost) * 1e9, line?.charge.nano);
    });

    test("a thread goes on with the next request", async ({ start }) => {
      const scene = await start();
      const { thread } = await chatted(await scene.post("/chat", { body: { message: "One" } }));
      const next = await scene.post("/chat", { body: { message: "Two", thread } });
      assert.equal((await chatted(next)).thread, thread);
      const [, second] = scene.simulator.requests();
      assert.match(JSON.stringify(second?.body), /One.*Two/);
      await sameBooks(scene);
    });

    test("each user has a limit of their own", async ({ start }) => {
      const scene = await start({ options: { limits: { user: "1 run/day" } } });
      const [alice, again, bob] = [
        await scene.post("/chat"),
        await scene.post("/chat"),
        await scene.post("/chat", { user: "bob" }),
      ];
      assert.deepEqual([alice.status, again.status, bob.status], [200, 402, 200]);
      assert.deepEqual(await payers(scene), ["alice", "bob"]);
    });

    test("200 requests at once on a small limit: 200 and 402, and never beyond it", async ({
      start,
    }) => {
      // The provider answers when all have been let in or refused: nobody comes after somebody else.
      const { opened, open } = gate();
      const scene = await start({
        options: {
          limits: { user: "$0.01/day" },
          assistants: { support: { model: "gpt-4o-mini", maxOutputTokens: 500 } },
          wait: "0ms",
        },
        simulator: { script: () => opened.then(() => ({ outputTokens: 300 })) },
      });
      let answered = 0;
      const send = async (): Promise<Response> => {
        const response = await scene.post("/chat");
        answered += 1;
        return response;
      };
      const sent = Promise.all(Array.from({ length: MANY }, send));
      sent.catch(() => "is awaited below");
      await eventually(() => assert.equal(scene.simulator.requests().length + answered, MANY));
      open();
      const responses = await sent;
      const lines = await sameBooks(scene);
      const spent = lines.reduce((sum, { charge }) => sum + charge.nano, 0);
      assert.ok(spent <= CENT, `${spent} nano-dollars of ${CENT}`);
      assert.ok(spent > CENT / 4, `only ${spent} nano-dollars of ${CENT}: the limit is not used`);
      assert.deepEqual(statuses(responses), [200, 402]);
      assert.equal(responses.filter(({ status }) => status === 200).length, lines.length);
    });

    test("a client that leaves in the middle: what was begun is finished, charged and kept", async ({
      start,
    }) => {
      for (const path of ["/chat-twice", "/stream"]) {
        const { opened, open } = gate();
        const script = () => opened.then(() => ({ text: "Still here" }));
        const scene = await start({ simulator: { script }, routes: [twice] });
        const leaving = new AbortController();
        const left = scene.post(path, { signal: leaving.signal });
        await asked(scene, 1, left);
        leaving.abort();
        // A stream may have begun: then it is what comes after that breaks off.
        await assert.rejects(left.then((response) => response.text()));
        // Until the server has noticed, too: whatever it would do then, it does before the answer.
        await pause(100);
        open();
        const runs = path === "/stream" ? 1 : 2;
        await eventually(async () => {
          assert.equal((await charges(scene.store)).length, runs, path);
        });
        for (const { facts } of await sameBooks(scene)) {
          const kept = await eventually(async () => {
            const run = await (await scene.post("/run", { body: { run: facts.run } })).json();
            assert.equal(at(run, "status"), "completed", path);
            return run;
          });
          assert.equal(at(kept, "text"), "Still here", path);
        }
      }
    });

    test("a run is its user's own: to others it is not there", async ({ start }) => {
      const scene = await start();
      const { run } = await chatted(await scene.post("/chat"));
      assert.equal((await scene.post("/run", { body: { run } })).status, 200);
      assert.equal((await scene.post("/run", { user: "bob", body: { run } })).status, 404);
      assert.equal((await scene.post("/run", { user: null, body: { run } })).status, 401);
    });

    test("without a budget mounted, nothing is charged and nothing is refused", async ({
      start,
    }) => {
      const scene = await start({ mounted: false, options: { limits: { user: "$0" } } });
      assert.equal((await scene.ask("GET", "/hello")).status, 200);
      await costNothing(scene);
    });
  },
};
