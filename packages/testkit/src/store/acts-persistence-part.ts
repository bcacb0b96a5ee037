import assert from "node:assert/strict";
import { ALICE, BOB, act, done, forgotten, merged, say, settingsOf, unsaid } from "./acts.ts";
import { DAY, HOUR, MINUTE, charge, claim, day, lifetime, rolling } from "./requests.ts";
import { type Part, already, held, refused, settled, sumOf } from "./scene.ts";
import { run, save } from "./threads.ts";

const takes = (amount: number) => [claim(day(), { limit: 100, cap: 100, takes: amount })];
const his = [day({ subject: "bob" }), rolling(DAY, { subject: "bob" })];

/** What operators said was written, too. */
export const actsPersistencePart: Part = {
  name: "acts after closing and opening again",
  reopens: true,
  tests: (test) => {
    test("settings stay, with their versions, and acts stay done", async (scene) => {
      const said = act({ ...ALICE, kind: "limits", limits: ["$5/day"] });
      const { line } = done(await scene.store.act(said));
      await say(scene.store, { ...ALICE, kind: "freeze" });
      const settings = await settingsOf(scene.store, ALICE);
      const { store, reserve } = await scene.reopen();
      assert.deepEqual(await settingsOf(store, ALICE), settings);
      assert.deepEqual(await store.act(said), { kind: "already", line });
      assert.equal(
        (await reserve({ claims: takes(1), subjects: [unsaid(ALICE)] })).kind,
        "settings",
      );
      held(
        await reserve({ claims: takes(1), subjects: [{ ...ALICE, version: settings.version }] }),
      );
      await say(store, { ...ALICE, kind: "unfreeze" });
      assert.ok((await settingsOf(store, ALICE)).version > settings.version);
      assert.equal((await store.lines({ user: "alice" })).length, 3);
    });

    test("credits and adjustments stay", async (scene) => {
      const hold = await scene.hold({ claims: takes(60) });
      await scene.store.settle(hold, charge(60, { known: "assumed" }));
      await say(scene.store, { kind: "credit", window: day(), amount: 50 });
      await say(scene.store, { kind: "adjustment", hold, nano: 40 });
      const lines = await scene.store.lines({});
      const { store, reserve, stands } = await scene.reopen();
      assert.deepEqual(await store.lines({}), lines);
      already(await store.settle(hold, charge(1)));
      assert.equal((await say(store, { kind: "adjustment", hold, nano: 30 })).nano, -10);
      await stands(day(), 30, 0);
      refused(await reserve({ claims: takes(121) }));
      held(await reserve({ claims: takes(120) }));
    });

    test("a merge stays: open holds and corrections find where they went", async (scene) => {
      const claims = [day(), rolling(DAY)].map((at) => claim(at, { limit: null, takes: 60 }));
      const [open, charged] = [await scene.hold({ claims }), await scene.hold({ claims })];
      await scene.store.settle(charged, charge(60, { known: "assumed" }));
      await scene.store.saveRun(save(run("run-1")));
      await merged(scene.store, "alice", "bob");
      const { store, stands } = await scene.reopen();
      assert.equal((await settingsOf(store, ALICE)).alias, "bob");
      settled(await store.settle(open, charge(5)));
      settled(await store.settle(charged, charge(20)));
      for (const window of his) await stands(window, 25, 0);
      for (const user of ["alice", "bob"]) {
        assert.equal(sumOf(await store.lines({ user })), 25);
        assert.equal((await store.items({ thread: "thread-1", user }))?.length, 1);
      }
      await merged(store, "bob", "carol");
      await stands(day({ subject: "carol" }), 25, 0);
    });

    test("who was forgotten stays forgotten", async (scene) => {
      const hold = await scene.hold({ claims: takes(60), user: "bob" });
      await scene.store.settle(hold, charge(60, { known: "assumed" }));
      await say(scene.store, { ...BOB, kind: "freeze" });
      await forgotten(scene.store, "bob", "forgotten-1");
      const { store } = await scene.reopen();
      assert.deepEqual(await settingsOf(store, BOB), unsaid(BOB));
      assert.deepEqual(await store.lines({ user: "bob" }), []);
      settled(await store.settle(hold, charge(20)));
      assert.equal(sumOf(await store.lines({ user: "forgotten-1" })), 20);
    });

    test("a window that was seeded is not seeded again", async (scene) => {
      const known = [claim(lifetime(), { limit: null, takes: 60 })];
      const [open, charged] = [
        await scene.hold({ claims: known }),
        await scene.hold({ claims: known }),
      ];
      await scene.store.settle(charged, charge(30, { known: "assumed" }));
      await scene.hold({ claims: takes(5) });
      const { store, stands, hold } = await scene.reopen();
      await stands(day(), 30, 65);
      await hold({ claims: takes(1) });
      await store.settle(open, charge(10));
      await store.settle(charged, charge(20));
      await stands(day(), 30, 6);
    });

    test("notices stay until they are dropped, with their lease, and are not written again", async (scene) => {
      const pay = async ({ store, hold }: Pick<typeof scene, "store" | "hold">, nano: number) =>
        store.settle(await hold({ claims: takes(0), thresholds: [500, 800] }), charge(nano));
      const ask = { owner: "a", leaseMs: MINUTE, limit: 9 };
      await pay(scene, 60);
      const notices = await scene.store.takeNotices(ask);
      const again = await scene.reopen();
      assert.equal("noticed" in settled(await pay(again, 10)), false);
      assert.deepEqual(await again.store.takeNotices({ ...ask, owner: "b" }), []);
      again.clock.advance(HOUR);
      assert.deepEqual(await again.store.takeNotices(ask), notices);
      await again.store.dropNotice(notices[0]?.id ?? "");
      const last = await again.reopen();
      last.clock.advance(HOUR);
      assert.deepEqual(await last.store.takeNotices(ask), []);
      assert.equal((await last.store.fullest({ limit: 9 }))[0]?.cap, 100);
    });
  },
};
