import assert from "node:assert/strict";
import type { Mark, RunRecord } from "@assistants-budget/core/store";
import { MINUTE, NOON } from "./requests.ts";
import type { Part } from "./scene.ts";
import { begin, lease, message, open, run, save } from "./threads.ts";

const mark: Mark = { fingerprint: "f", first: 1, next: 3, bytes: 1234, promptTokens: 321 };

/** Threads, their items and their runs. */
export const threadsPart: Part = {
  name: "threads and runs",
  tests: (test) => {
    test("the first save that appends makes the thread", async ({ store }) => {
      const items = [message("hello"), message("world 🌍")];
      const reply = await store.saveRun(save(run("run-1"), { append: items }));
      assert.deepEqual(reply, { kind: "saved", fence: 1, next: 2 });
      assert.deepEqual(await store.items({ thread: "thread-1", user: "alice" }), [
        { seq: 0, run: "run-1", item: items[0] },
        { seq: 1, run: "run-1", item: items[1] },
      ]);
      assert.deepEqual(open(await store.openThread(lease("run-2"))).thread, {
        id: "thread-1",
        user: "alice",
        createdAt: NOON,
        next: 2,
        first: 0,
      });
    });

    test("a run saved without items makes no thread, and is found", async ({ store }) => {
      const record = run("run-1", { status: "failed" });
      assert.equal((await store.saveRun(save(record, { append: [] }))).kind, "saved");
      assert.deepEqual(await store.openThread(lease("run-2")), { kind: "missing" });
      assert.equal(await store.items({ thread: "thread-1", user: "alice" }), undefined);
      assert.deepEqual(await store.run({ id: "run-1", user: "alice" }), record);
    });

    test("nor does it touch a thread that there is", async ({ store }) => {
      await begin(store);
      const record = run("run-2", { status: "failed" });
      const reply = await store.saveRun(save(record, { append: [], first: 9 }));
      assert.deepEqual(reply, { kind: "saved", fence: 0, next: 0 });
      assert.deepEqual(await store.run({ id: "run-2", user: "alice" }), record);
      const { thread, fence } = open(await store.openThread(lease("run-3")));
      assert.deepEqual([thread.first, thread.next, fence], [0, 1, 2]);
    });

    test("a thread can't be made twice", async ({ store }) => {
      await begin(store);
      const taken = run("run-2", { user: "mallory" });
      assert.deepEqual(await store.saveRun(save(taken)), { kind: "stale" });
      assert.equal((await store.items({ thread: "thread-1", user: "alice" }))?.length, 1);
      assert.equal(await store.items({ thread: "thread-1", user: "mallory" }), undefined);
      const runs = await store.runs({ thread: "thread-1", user: "alice", limit: 9 });
      assert.deepEqual(
        runs?.map(({ id }) => id),
        ["first of thread-1"],
      );
      assert.equal(await store.run({ id: "run-2", user: "mallory" }), undefined);
    });

    test("made by two at once, it is made by one", async ({ store }) => {
      const replies = await Promise.all(
        ["run-1", "run-2", "run-3"].map((id) => store.saveRun(save(run(id)))),
      );
      assert.equal(replies.filter(({ kind }) => kind === "saved").length, 1);
      assert.equal((await store.items({ thread: "thread-1", user: "alice" }))?.length, 1);
    });

    test("items keep their order and their every detail", async ({ store }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2")));
      const item = {
        type: "function_call",
        arguments: '{"a":"\\"x\\""}',
        nested: { list: [1, 2.5, null, true, { deep: "🦊" }], empty: {} },
      };
      const append = Array.from({ length: 50 }, (_, i) => (i === 7 ? item : message(`${i}`)));
      const saved = await store.saveRun(save(run("run-2"), { fence, from: 1, append }));
      assert.deepEqual(saved, { kind: "saved", fence, next: 51 });
      const items = await store.items({ thread: "thread-1", user: "alice" });
      assert.deepEqual(
        items?.map(({ seq }) => seq),
        Array.from({ length: 51 }, (_, i) => i),
      );
      assert.deepEqual(
        items?.slice(1).map(({ item: kept }) => kept),
        append,
      );
    });

    test("where the next step begins, and what was counted, are kept", async ({ store }) => {
      await begin(store);
      const first = open(await store.openThread(lease("run-2")));
      await store.saveRun(
        save(run("run-2"), {
          fence: first.fence,
          from: 1,
          append: [message("a"), message("b")],
          first: 2,
          mark,
        }),
      );
      const second = open(await store.openThread(lease("run-3")));
      assert.deepEqual(second.thread, { ...first.thread, next: 3, first: 2, mark });
      assert.deepEqual(
        second.items.map(({ seq }) => seq),
        [2],
      );
      await store.saveRun(save(run("run-3"), { fence: second.fence, from: 3, first: 2 }));
      const third = open(await store.openThread(lease("run-4")));
      assert.equal("mark" in third.thread, false);
    });

    test("a run is saved over and over under its lease", async ({ store }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2")));
      const steps = { close: false, fence, from: 1 };
      await store.saveRun(save(run("run-2"), steps));
      const done = run("run-2", { status: "completed", text: "done", metadata: { a: "b" } });
      assert.deepEqual(await store.saveRun(save(done, { fence, from: 2, append: [] })), {
        kind: "saved",
        fence,
        next: 2,
      });
      assert.deepEqual(await store.run({ id: "run-2", user: "alice" }), done);
      assert.equal((await store.runs({ thread: "thread-1", user: "alice", limit: 9 }))?.length, 2);
    });

    test("runs are listed newest first", async ({ store }) => {
      await begin(store);
      for (const [i, id] of ["b", "c", "a"].entries()) {
        const { fence } = open(await store.openThread(lease(id)));
        await store.saveRun(save(run(id, { createdAt: NOON + 1 + i }), { fence, from: 1 + i }));
      }
      await store.saveRun(save(run("elsewhere", { thread: "thread-2", createdAt: NOON + 9 })));
      const listed = async (limit: number) =>
        (await store.runs({ thread: "thread-1", user: "alice", limit }))?.map(({ id }) => id);
      assert.deepEqual(await listed(9), ["a", "c", "b", "first of thread-1"]);
      assert.deepEqual(await listed(2), ["a", "c"]);
    });

    test("somebody else's thread looks missing", async ({ store }) => {
      await begin(store);
      const theirs = { thread: "thread-1", user: "mallory" };
      const nowhere = { thread: "no-such-thread", user: "mallory" };
      for (const asked of [theirs, nowhere]) {
        const opening = { ...asked, run: "run-9", leaseMs: MINUTE };
        assert.deepEqual(await store.openThread(opening), { kind: "missing" });
        assert.equal(await store.items(asked), undefined);
        assert.equal(await store.runs({ ...asked, limit: 9 }), undefined);
        assert.equal(await store.deleteThread(asked), false);
      }
      assert.equal(await store.run({ id: "first of thread-1", user: "mallory" }), undefined);
      assert.equal(await store.run({ id: "no-such-run", user: "mallory" }), undefined);
      open(await store.openThread(lease("run-2")));
    });

    test("a deleted thread is gone with its items and runs", async ({ store }) => {
      await begin(store);
      await begin(store, "thread-2");
      assert.equal(await store.deleteThread({ thread: "thread-1", user: "alice" }), true);
      assert.equal(await store.deleteThread({ thread: "thread-1", user: "alice" }), false);
      assert.equal(await store.items({ thread: "thread-1", user: "alice" }), undefined);
      assert.equal(await store.runs({ thread: "thread-1", user: "alice", limit: 9 }), undefined);
      assert.equal(await store.run({ id: "first of thread-1", user: "alice" }), undefined);
      assert.deepEqual(await store.openThread(lease("run-2")), { kind: "missing" });
      assert.equal((await store.items({ thread: "thread-2", user: "alice" }))?.length, 1);
    });

    test("a run that writes after its thread was deleted leaves nothing behind", async ({
      store,
    }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2")));
      await store.deleteThread({ thread: "thread-1", user: "alice" });
      for (const append of [[message("late")], []]) {
        const late = save(run("run-2"), { fence, from: 1, append });
        assert.deepEqual(await store.saveRun(late), { kind: "stale" });
      }
      assert.equal(await store.items({ thread: "thread-1", user: "alice" }), undefined);
      assert.equal(await store.run({ id: "run-2", user: "alice" }), undefined);
    });

    test("a run's steps come back as they were", async ({ store }) => {
      const record: RunRecord = run("run-1", {
        status: "incomplete",
        steps: [
          {
            id: "step-1",
            hold: "hold-1",
            model: "model-1",
            tier: "default",
            responseId: "resp_1",
            usage: {
              promptTokens: 10,
              cachedTokens: 1,
              cacheWriteTokens: 2,
              cacheWrite12hTokens: 3,
              completionTokens: 4,
              reasoningTokens: 2,
              totalTokens: 14,
            },
            nano: 12_345,
            known: "reported",
            toolCalls: ["lookUpOrder"],
            startedAt: NOON,
            endedAt: NOON + 5,
          },
        ],
        stop: { reason: "budget", problem: { status: 402, refused_by: [{ scope: "user" }] } },
        interrupted: [{ callId: "call_1", name: "pay", arguments: "{}" }],
        unfinished: {
          call: { instructions: "Be brief.", temperature: 0.5 },
          next: 3,
          open: {
            items: [{ type: "function_call", call_id: "call_2", name: "ask", arguments: "{}" }],
            outputs: { call_1: "paid" },
            started: ["call_1"],
          },
        },
      });
      await store.saveRun(save(record));
      assert.deepEqual(await store.run({ id: "run-1", user: "alice" }), record);
      assert.deepEqual(await store.runs({ thread: "thread-1", user: "alice", limit: 1 }), [record]);
    });
  },
};
