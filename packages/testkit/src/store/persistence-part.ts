import assert from "node:assert/strict";
import { HOUR, MINUTE, NOON, charge, claim, day, request, rolling } from "./requests.ts";
import { type Part, already, held, refused, settled } from "./scene.ts";
import { begin, lease, run, save } from "./threads.ts";

const windows = [day(), rolling(HOUR)];
const takes = (amount: number) =>
  windows.map((window) => claim(window, { limit: 100, takes: amount }));

/** What was answered was written: a new process finds it. */
export const persistencePart: Part = {
  name: "closing and opening again",
  reopens: true,
  tests: (test) => {
    test("what is spent and held stays spent and held", async (scene) => {
      await scene.store.settle(await scene.hold({ claims: takes(30) }), charge(25));
      await scene.hold({ claims: takes(40) });
      const states = await scene.store.windows(windows);
      const again = await scene.reopen();
      assert.deepEqual(await again.store.windows(windows), states);
      refused(await again.reserve({ claims: takes(36) }));
      held(await again.reserve({ claims: takes(35) }));
    });

    test("a hold of a dead process is found, and ends once", async (scene) => {
      const asked = request({ claims: takes(60), ttlMs: MINUTE });
      const granted = held(await scene.store.reserve(asked));
      await scene.store.attach(asked.hold, "resp_1");
      const open = await scene.store.holds({ expired: false, limit: 9 });
      const { store, clock, stands } = await scene.reopen();
      assert.deepEqual(await store.holds({ expired: false, limit: 9 }), open);
      assert.deepEqual(held(await store.reserve(asked)), granted);
      clock.set(NOON + MINUTE);
      assert.deepEqual(await store.holds({ expired: true, limit: 9 }), open);
      settled(await store.settle(asked.hold, charge(60, { known: "assumed" })));
      await stands(day(), 60, 0);
    });

    test("an ended hold stays ended, and can be corrected", async (scene) => {
      const [paid, free] = [
        await scene.hold({ claims: takes(10) }),
        await scene.hold({ claims: takes(10) }),
      ];
      const { line } = settled(await scene.store.settle(paid, charge(9, { known: "assumed" })));
      await scene.store.release(free);
      const { store, reserve, stands } = await scene.reopen();
      assert.deepEqual(already(await store.release(paid)), line);
      assert.equal(already(await store.settle(free, charge(5))), undefined);
      assert.equal((await reserve({ claims: takes(10), hold: free })).kind, "ended");
      settled(await store.settle(paid, charge(4)));
      await stands(day(), 4, 0);
    });

    test("lines stay, and new ones follow", async (scene) => {
      const claims = takes(10);
      const first = settled(await scene.store.settle(await scene.hold({ claims }), charge(1)));
      const again = await scene.reopen();
      const second = settled(await again.store.settle(await again.hold({ claims }), charge(2)));
      assert.deepEqual(await again.store.lines({}), [first.line, second.line]);
      assert.deepEqual(await again.store.lines({ after: first.line.id }), [second.line]);
    });

    test("threads, runs and leases stay", async (scene) => {
      await begin(scene.store);
      const opened = await scene.store.openThread(lease("run-2"));
      const items = await scene.store.items({ thread: "thread-1", user: "alice" });
      const { store } = await scene.reopen();
      assert.deepEqual(await store.items({ thread: "thread-1", user: "alice" }), items);
      assert.equal((await store.openThread(lease("run-3"))).kind, "busy");
      const again = await store.openThread(lease("run-2"));
      assert.ok(again.kind === "open" && opened.kind === "open" && again.fence > opened.fence);
      const late = await store.saveRun(save(run("run-2"), { fence: opened.fence, from: 1 }));
      assert.equal(late.kind, "stale");
    });

    test("a lease outlives its process", async (scene) => {
      const ask = { name: "sweep", ttlMs: MINUTE };
      assert.equal(await scene.store.lease({ ...ask, owner: "a" }), true);
      const { store } = await scene.reopen();
      assert.equal(await store.lease({ ...ask, owner: "b" }), false);
    });
  },
};
