import assert from "node:assert/strict";
import { merged } from "./acts.ts";
import { MINUTE } from "./requests.ts";
import type { Part } from "./scene.ts";
import { begin, lease, message, open, run, save } from "./threads.ts";

const NAMES = ["alice", "bob"];

/** Threads and runs of a user who was merged into another one. */
export const mergedThreadsPart: Part = {
  name: "threads of merged users",
  tests: (test) => {
    test("are found under either name, and by nobody else", async ({ store }) => {
      await begin(store);
      await merged(store, "alice", "bob");
      const thread = "thread-1";
      for (const user of NAMES) {
        assert.equal((await store.items({ thread, user }))?.length, 1);
        assert.equal((await store.runs({ thread, user, limit: 9 }))?.length, 1);
        assert.equal((await store.run({ id: "first of thread-1", user }))?.text, "");
        const opened = open(await store.openThread({ ...lease(`run of ${user}`), user }));
        await store.closeThread({ thread, fence: opened.fence });
      }
      assert.equal(await store.items({ thread, user: "carol" }), undefined);
      assert.equal(await store.run({ id: "first of thread-1", user: "carol" }), undefined);
      assert.equal(await store.deleteThread({ thread, user: "carol" }), false);
      assert.equal(await store.deleteThread({ thread, user: "alice" }), true);
      assert.equal(await store.items({ thread, user: "bob" }), undefined);
    });

    test("a run that is under way writes under the name that it knows", async ({ store }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2")));
      await merged(store, "alice", "bob");
      assert.equal((await store.openThread({ ...lease("run-3"), user: "bob" })).kind, "busy");
      assert.equal(await store.renewThread({ thread: "thread-1", fence, leaseMs: MINUTE }), true);
      const step = { fence, from: 1, close: false };
      const saved = { kind: "saved", fence, next: 2 };
      assert.deepEqual(await store.saveRun(save(run("run-2"), step)), saved);
      assert.deepEqual(await store.saveRun(save(run("run-2"), step)), saved);
      const done = run("run-2", { status: "completed", text: "done" });
      await store.saveRun(save(done, { fence, from: 2, append: [message("b")] }));
      for (const user of NAMES) {
        assert.equal((await store.run({ id: "run-2", user }))?.text, "done");
        assert.equal((await store.items({ thread: "thread-1", user }))?.length, 3);
        const runs = await store.runs({ thread: "thread-1", user, limit: 9 });
        assert.deepEqual(
          runs?.map(({ id }) => id),
          ["run-2", "first of thread-1"],
        );
      }
    });

    test("a thread that is made under the old name is the user's", async ({ store }) => {
      await merged(store, "alice", "bob");
      await store.saveRun(save(run("run-1")));
      for (const user of NAMES) {
        assert.equal((await store.items({ thread: "thread-1", user }))?.length, 1);
        assert.equal((await store.run({ id: "run-1", user }))?.id, "run-1");
      }
      await store.saveRun(save(run("run-2", { user: "bob", thread: "thread-2" })));
      assert.equal((await store.items({ thread: "thread-2", user: "alice" }))?.length, 1);
      const failed = run("run-3", { thread: "thread-3", status: "failed" });
      await store.saveRun(save(failed, { append: [] }));
      for (const user of NAMES) assert.equal((await store.run({ id: "run-3", user }))?.id, "run-3");
    });

    test("merged on, they go with them", async ({ store }) => {
      await begin(store);
      await merged(store, "alice", "bob");
      await merged(store, "bob", "carol");
      for (const user of [...NAMES, "carol"]) {
        assert.equal((await store.items({ thread: "thread-1", user }))?.length, 1);
        open(await store.openThread({ ...lease("run-2"), user }));
        assert.equal((await store.run({ id: "first of thread-1", user }))?.text, "");
      }
    });
  },
};
