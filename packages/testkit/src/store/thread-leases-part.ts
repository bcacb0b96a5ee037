import assert from "node:assert/strict";
import type { Store } from "@assistants-budget/core/store";
import { MINUTE, NOON } from "./requests.ts";
import { type Part, tally } from "./scene.ts";
import { begin, lease, message, open, run, save } from "./threads.ts";

const appended = async (store: Store) =>
  (await store.items({ thread: "thread-1", user: "alice" }))?.length;

/** One run at a time: leases, and the fence that outlives them. */
export const threadLeasesPart: Part = {
  name: "thread leases",
  tests: (test) => {
    test("a leased thread is busy for every other run", async ({ store }) => {
      await begin(store);
      open(await store.openThread(lease("run-2", MINUTE)));
      assert.deepEqual(await store.openThread(lease("run-3")), {
        kind: "busy",
        until: NOON + MINUTE,
        now: NOON,
      });
    });

    test("a thread that its maker has not closed is busy", async ({ store }) => {
      await store.saveRun(save(run("run-1"), { close: false }));
      assert.equal((await store.openThread(lease("run-2"))).kind, "busy");
    });

    test("asked for by many at once, it goes to one", async ({ store }) => {
      await begin(store);
      const ids = Array.from({ length: 20 }, (_, i) => `run-${i}`);
      const replies = await Promise.all(ids.map((id) => store.openThread(lease(id))));
      assert.deepEqual(tally(replies), { open: 1, busy: 19 });
    });

    test("the run that holds it may open it again, under a new fence", async ({ store }) => {
      await begin(store);
      const first = open(await store.openThread(lease("run-2")));
      const second = open(await store.openThread(lease("run-2")));
      assert.ok(second.fence > first.fence);
      assert.equal(
        (await store.saveRun(save(run("run-2"), { fence: first.fence, from: 1 }))).kind,
        "stale",
      );
      assert.equal(
        (await store.saveRun(save(run("run-2"), { fence: second.fence, from: 1 }))).kind,
        "saved",
      );
    });

    test("a lease that has run out goes to the next", async ({ store, clock }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2", MINUTE)));
      clock.set(NOON + MINUTE - 1);
      assert.equal((await store.openThread(lease("run-3"))).kind, "busy");
      clock.set(NOON + MINUTE);
      const next = open(await store.openThread(lease("run-3")));
      assert.ok(next.fence > fence);
    });

    test("what is written under an old fence is refused, but for the run's record", async (scene) => {
      const { store, clock } = scene;
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2", MINUTE)));
      clock.advance(MINUTE);
      open(await store.openThread(lease("run-3")));
      const late = run("run-2", { status: "failed", text: "too late" });
      const reply = await store.saveRun(
        save(late, { fence, from: 1, first: 1, append: [message("late")] }),
      );
      assert.deepEqual(reply, { kind: "stale" });
      assert.equal(await appended(store), 1);
      assert.deepEqual(await store.run({ id: "run-2", user: "alice" }), late);
      assert.equal((await store.openThread(lease("run-4"))).kind, "busy");
    });

    test("renewed, it is kept; the fence stays", async ({ store, clock }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2", MINUTE)));
      const renew = (by: number) =>
        store.renewThread({ thread: "thread-1", fence: by, leaseMs: MINUTE });
      clock.advance(MINUTE - 1);
      assert.equal(await renew(fence), true);
      assert.equal(await renew(fence + 1), false);
      clock.advance(MINUTE - 1);
      assert.equal((await store.openThread(lease("run-3"))).kind, "busy");
      clock.advance(1);
      open(await store.openThread(lease("run-3")));
      assert.equal(await renew(fence), false);
      assert.equal(
        await store.renewThread({ thread: "no-such-thread", fence: 1, leaseMs: MINUTE }),
        false,
      );
    });

    test("a save that does not close keeps it, from then on", async ({ store, clock }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2", MINUTE)));
      clock.advance(MINUTE / 2);
      await store.saveRun(save(run("run-2"), { fence, from: 1, close: false, leaseMs: MINUTE }));
      clock.advance(MINUTE - 1);
      assert.equal((await store.openThread(lease("run-3"))).kind, "busy");
      clock.advance(1);
      open(await store.openThread(lease("run-3")));
    });

    test("a save that closes gives it back at once", async ({ store }) => {
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2")));
      await store.saveRun(save(run("run-2"), { fence, from: 1, close: true }));
      const next = open(await store.openThread(lease("run-3")));
      assert.ok(next.fence > fence);
    });

    test("a beat that comes after the end does not lease it again", async ({ store }) => {
      await begin(store);
      for (const id of ["run-2", "run-3"]) {
        const { fence } = open(await store.openThread(lease(id)));
        if (id === "run-2") await store.saveRun(save(run(id), { fence, from: 1, close: true }));
        else await store.closeThread({ thread: "thread-1", fence });
        const beat = { thread: "thread-1", fence, leaseMs: MINUTE };
        assert.equal(await store.renewThread(beat), false);
      }
      open(await store.openThread(lease("run-4")));
    });

    test("closed without a write, it is free; by an old fence nothing is closed", async (scene) => {
      const { store } = scene;
      await begin(store);
      const { fence } = open(await store.openThread(lease("run-2")));
      await store.closeThread({ thread: "thread-1", fence: fence - 1 });
      assert.equal((await store.openThread(lease("run-3"))).kind, "busy");
      await store.closeThread({ thread: "thread-1", fence });
      open(await store.openThread(lease("run-3")));
      await store.closeThread({ thread: "no-such-thread", fence });
      assert.equal(await appended(store), 1);
    });
  },
};
