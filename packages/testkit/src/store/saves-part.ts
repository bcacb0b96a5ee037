import assert from "node:assert/strict";
import type { SaveRun, Store } from "@assistants-budget/core/store";
import { MINUTE } from "./requests.ts";
import type { Part } from "./scene.ts";
import { begin, lease, message, open, run, save } from "./threads.ts";

const ours = { thread: "thread-1", user: "alice" };

/** What the thread's items say, in their order. */
async function told(store: Store): Promise<readonly unknown[]> {
  const items = (await store.items(ours)) ?? [];
  assert.deepEqual(
    items.map(({ seq }) => seq),
    items.map((_, i) => i),
  );
  return items.map(({ item }) => item["content"]);
}

/** A save by run-2, after the one item that there is. */
function second(fence: number, texts: readonly string[], rest: Partial<SaveRun> = {}): SaveRun {
  return save(run("run-2"), { fence, from: 1, append: texts.map(message), ...rest });
}

/** A reply is lost on its way, and the run sends its save again. */
export const savesPart: Part = {
  name: "saves that are sent again",
  tests: (test) => {
    test("a new thread is made once, for each who asks the same", async ({ store }) => {
      const asked = save(run("run-1"), { append: [message("a"), message("b")] });
      const saved = { kind: "saved", fence: 1, next: 2 };
      assert.deepEqual(await store.saveRun(asked), saved);
      assert.deepEqual(await store.saveRun(asked), saved);
      assert.deepEqual(await told(store), ["a", "b"]);
    });

    for (const close of [false, true]) {
      test(`items are appended once; close: ${close}`, async ({ store }) => {
        await begin(store);
        const { fence } = open(await store.openThread(lease("run-2")));
        const asked = second(fence, ["a", "b"], { close });
        const replies = await Promise.all([asked, asked, asked].map((one) => store.saveRun(one)));
        for (const reply of replies) assert.deepEqual(reply, { kind: "saved", fence, next: 3 });
        assert.deepEqual(await told(store), ["of first of thread-1", "a", "b"]);
        const next = await store.openThread(lease("run-3"));
        assert.equal(next.kind, close ? "open" : "busy");
      });
    }

    test("where more has come meanwhile, only that is appended", async ({ store }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2")));
      await store.saveRun(second(fence, ["a", "b"], { close: false }));
      const more = second(fence, ["a", "b", "c"], { first: 1 });
      const done = { ...more, run: run("run-2", { status: "completed" }) };
      assert.deepEqual(await store.saveRun(done), { kind: "saved", fence, next: 4 });
      assert.deepEqual(await told(store), ["of first of thread-1", "a", "b", "c"]);
      assert.deepEqual(await store.run({ id: "run-2", user: "alice" }), done.run);
      assert.equal(open(await store.openThread(lease("run-3"))).thread.first, 1);
    });

    test("the same of a thread that its first save made", async ({ store }) => {
      const record = run("run-1");
      await store.saveRun(save(record, { append: [message("a")], close: false }));
      const more = save(record, { append: [message("a"), message("b")] });
      assert.deepEqual(await store.saveRun(more), { kind: "saved", fence: 1, next: 2 });
      assert.deepEqual(await told(store), ["a", "b"]);
      open(await store.openThread(lease("run-2")));
    });

    test("what is stored already ends the lease, if the save does", async ({ store }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2")));
      await store.saveRun(second(fence, ["a"], { close: false }));
      assert.equal((await store.openThread(lease("run-3"))).kind, "busy");
      const reply = await store.saveRun(second(fence, ["a"]));
      assert.deepEqual(reply, { kind: "saved", fence, next: 2 });
      open(await store.openThread(lease("run-3")));
    });

    test("a lease that has ended does not come back", async ({ store }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2")));
      const asked = second(fence, ["a"], { close: false });
      await store.saveRun(asked);
      await store.closeThread({ thread: "thread-1", fence });
      assert.deepEqual(await store.saveRun(asked), { kind: "saved", fence, next: 2 });
      open(await store.openThread(lease("run-3")));
    });

    test("found after another run has come: saved, and that one keeps its lease", async (scene) => {
      const { store } = scene;
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2")));
      const asked = second(fence, ["a"]);
      await store.saveRun(asked);
      const other = open(await store.openThread(lease("run-3")));
      const next = { fence: other.fence, from: 2, first: 1, close: false };
      await store.saveRun(save(run("run-3"), next));
      assert.deepEqual(await store.saveRun(asked), { kind: "saved", fence, next: 2 });
      assert.deepEqual(await told(store), ["of first of thread-1", "a", "of run-3"]);
      assert.equal((await store.openThread(lease("run-4"))).kind, "busy");
      const end = { ...next, from: 3, append: [], close: true };
      assert.equal((await store.saveRun(save(run("run-3"), end))).kind, "saved");
      assert.equal(open(await store.openThread(lease("run-4"))).thread.first, 1);
    });

    test("the same of a new thread's first save", async ({ store }) => {
      await begin(store);
      open(await store.openThread(lease("run-2")));
      const first = save(run("first of thread-1", { status: "completed" }));
      assert.deepEqual(await store.saveRun(first), { kind: "saved", fence: 1, next: 1 });
      assert.deepEqual(await told(store), ["of first of thread-1"]);
      assert.equal((await store.openThread(lease("run-3"))).kind, "busy");
    });

    test("found in part after another run has come: stale", async ({ store, clock }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2", MINUTE)));
      await store.saveRun(second(fence, ["a"], { close: false, leaseMs: MINUTE }));
      clock.advance(MINUTE);
      open(await store.openThread(lease("run-3")));
      assert.deepEqual(await store.saveRun(second(fence, ["a", "b"])), { kind: "stale" });
      assert.deepEqual(await told(store), ["of first of thread-1", "a"]);
    });

    test("what belongs elsewhere than at the end is stale", async ({ store }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2")));
      for (const from of [0, 2]) {
        for (const append of [[message("a")], []]) {
          const asked = second(fence, [], { from, append });
          assert.deepEqual(await store.saveRun(asked), { kind: "stale" });
        }
      }
      assert.deepEqual(await told(store), ["of first of thread-1"]);
      assert.equal((await store.saveRun(second(fence, ["a"]))).kind, "saved");
    });

    test("a new thread begins at its beginning", async ({ store }) => {
      assert.deepEqual(await store.saveRun(save(run("run-1"), { from: 1 })), { kind: "stale" });
      assert.equal(await store.items(ours), undefined);
      assert.equal(await store.run({ id: "run-1", user: "alice" }), undefined);
      await begin(store);
      assert.deepEqual(await store.saveRun(save(run("run-2"), { from: 1 })), { kind: "stale" });
      assert.deepEqual(await told(store), ["of first of thread-1"]);
    });
  },
};
