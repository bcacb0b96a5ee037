import assert from "node:assert/strict";
import { DAY, HOUR, MINUTE, NOON, charge, claim, day, lifetime, rolling } from "./requests.ts";
import { type Part, already, held, refused, settled, stateOf } from "./scene.ts";

const MIDNIGHT = NOON + DAY / 2;

/** Clocks are set back, and jump, and come back. */
export const clockPart: Part = {
  name: "time going backwards",
  tests: (test) => {
    test("a window that has begun stays in force: yesterday does not come again", async (scene) => {
      const [today, tomorrow] = [day(), day({ at: MIDNIGHT })];
      scene.clock.set(MIDNIGHT);
      const hold = await scene.hold({ claims: [claim(tomorrow, { limit: 100, takes: 100 })] });
      scene.clock.set(MIDNIGHT - HOUR);
      const reply = refused(
        await scene.reserve({ claims: [claim(today, { limit: 100, takes: 1 })] }),
      );
      assert.deepEqual(reply.windows, [{ ...tomorrow, spent: 0, held: 100 }]);
      assert.deepEqual(await stateOf(scene.store, today), { ...tomorrow, spent: 0, held: 100 });
      settled(await scene.store.settle(hold, charge(100)));
      refused(await scene.reserve({ claims: [claim(today, { limit: 100, takes: 1 })] }));
    });

    test("a hold that has ended stays ended, one that is open stays open", async (scene) => {
      const claims = [claim(lifetime(), { limit: 100, takes: 10 })];
      const [ended, open] = [await scene.hold({ claims }), await scene.hold({ claims })];
      await scene.store.settle(ended, charge(5));
      scene.clock.set(NOON - 3 * HOUR);
      assert.equal((await scene.store.settle(ended, charge(5))).kind, "already");
      assert.deepEqual(await scene.store.renew([ended, open], MINUTE), [open]);
      settled(await scene.store.settle(open, charge(7)));
      await scene.stands(lifetime(), 12, 0);
    });

    test("a rolling window counts what was charged in the future", async (scene) => {
      const claims = [claim(rolling(DAY), { limit: 100, takes: 60 })];
      await scene.store.settle(await scene.hold({ claims }), charge(60));
      scene.clock.set(NOON - 10 * DAY);
      assert.equal((await stateOf(scene.store, rolling(DAY))).spent, 60);
      refused(await scene.reserve({ claims }));
    });

    test("no charge leaves a rolling window early for one that was dated before it", async (scene) => {
      const window = rolling(DAY);
      const pay = async () => {
        const hold = await scene.hold({ claims: [claim(window, { limit: 100, takes: 10 })] });
        await scene.store.settle(hold, charge(10));
      };
      // In whichever bucket: some of these steps back stay within one.
      for (let i = 0; i < 4; i += 1) {
        scene.clock.set(NOON + (4 - i) * 7 * MINUTE);
        // oxlint-disable-next-line no-await-in-loop -- as time goes back
        await pay();
      }
      scene.clock.set(NOON + DAY + 28 * MINUTE - 1);
      assert.ok((await stateOf(scene.store, window)).spent >= 10);
      scene.clock.set(NOON + DAY + 21 * MINUTE - 1);
      assert.ok((await stateOf(scene.store, window)).spent >= 20);
    });

    test("a glance at a clock that runs ahead forgets nothing", async (scene) => {
      const window = rolling(DAY);
      const claims = [claim(window, { limit: 100, takes: 60 })];
      const hold = await scene.hold({ claims });
      await scene.store.settle(hold, charge(60));
      scene.clock.set(NOON + 9 * DAY);
      assert.equal((await stateOf(scene.store, window)).spent, 0);
      refused(await scene.reserve({ claims: [claim(window, { limit: 100, takes: 101 })] }));
      already(await scene.store.settle(hold, charge(60)));
      scene.clock.set(NOON);
      assert.equal((await stateOf(scene.store, window)).spent, 60);
      refused(await scene.reserve({ claims }));
    });

    test("a correction of what was forgotten takes nothing from the rest", async (scene) => {
      const window = rolling(DAY);
      const claims = [claim(window, { limit: 100, takes: 60 })];
      const hold = await scene.hold({ claims });
      await scene.store.settle(hold, charge(60, { known: "assumed" }));
      scene.clock.set(NOON + 9 * DAY);
      await scene.store.settle(await scene.hold({ claims }), charge(50));
      settled(await scene.store.settle(hold, charge(25)));
      scene.clock.set(NOON + HOUR);
      assert.ok((await stateOf(scene.store, window)).spent >= 50);
    });

    test("each answer tells the store's time, also when that goes back", async (scene) => {
      await scene.hold({ claims: [] });
      scene.clock.set(NOON - HOUR);
      const { now, expiresAt } = held(await scene.reserve({ claims: [], ttlMs: MINUTE }));
      assert.deepEqual([now, expiresAt], [NOON - HOUR, NOON - HOUR + MINUTE]);
      assert.equal(await scene.store.now(), NOON - HOUR);
    });
  },
};
