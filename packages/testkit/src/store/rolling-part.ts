import assert from "node:assert/strict";
import { DAY, HOUR, MINUTE, NOON, charge, claim, rolling } from "./requests.ts";
import { type Part, held, refused, settled, stateOf } from "./scene.ts";

const window = rolling(DAY);
const takes = (amount: number) => [claim(window, { limit: 100, takes: amount })];
/** How much longer than its period a charge may count: one of at most 62 buckets of the period. */
const SLACK = Math.ceil(DAY / 62);

/** Windows that look back from now. */
export const rollingPart: Part = {
  name: "rolling windows",
  tests: (test) => {
    test("a hold counts in full, however old it is", async ({ hold, reserve, clock, stands }) => {
      await hold({ claims: takes(100) });
      clock.advance(10 * DAY);
      await stands(window, 0, 100);
      refused(await reserve({ claims: takes(1) }));
    });

    test("a charge is dated when it is settled", async ({ hold, store, clock }) => {
      const id = await hold({ claims: takes(100) });
      clock.advance(3 * DAY);
      const { windows } = settled(await store.settle(id, charge(80)));
      assert.deepEqual(windows, [
        { ...window, spent: 80, held: 0, credit: 0, frees: NOON + 4 * DAY },
      ]);
    });

    test("a charge leaves when it is older than the period", async (scene) => {
      await scene.store.settle(await scene.hold({ claims: takes(100) }), charge(80));
      scene.clock.set(NOON + DAY - 1);
      assert.equal((await stateOf(scene.store, window)).spent, 80);
      refused(await scene.reserve({ claims: takes(21) }));
      scene.clock.set(NOON + DAY);
      assert.deepEqual(await stateOf(scene.store, window), {
        ...window,
        spent: 0,
        held: 0,
        credit: 0,
      });
      held(await scene.reserve({ claims: takes(100) }));
    });

    test("charges leave in the order in which they came", async (scene) => {
      for (const nano of [10, 20, 30]) {
        await scene.store.settle(await scene.hold({ claims: takes(nano) }), charge(nano));
        scene.clock.advance(HOUR);
      }
      for (const [after, spent, frees] of [
        [DAY - 1, 60, DAY],
        [DAY, 50, DAY + HOUR],
        [DAY + HOUR, 30, DAY + 2 * HOUR],
        [DAY + 2 * HOUR, 0, undefined],
      ] as const) {
        scene.clock.set(NOON + after);
        const state = await stateOf(scene.store, window);
        assert.equal(state.spent, spent);
        assert.equal(state.frees, frees === undefined ? undefined : NOON + frees);
      }
    });

    test("of many charges none leaves early, and none stays much longer than the period", async (scene) => {
      const charges: { readonly at: number; readonly nano: number }[] = [];
      const wide = [claim(window, { limit: null, takes: 1 })];
      const STEP = 13 * MINUTE + 13;
      for (let i = 0; i < 240; i += 1) {
        const at = NOON + i * STEP;
        const nano = 1 + ((i * 37) % 101);
        scene.clock.set(at);
        await scene.store.settle(await scene.hold({ claims: wide }), charge(nano));
        charges.push({ at, nano });
        if (i % 5 > 0) continue;
        const { spent } = await stateOf(scene.store, window);
        const since = (moment: number) =>
          charges.reduce((sum, one) => (one.at > moment ? sum + one.nano : sum), 0);
        assert.ok(spent >= since(at - DAY), `charge ${i}: one left early`);
        assert.ok(spent <= since(at - DAY - SLACK), `charge ${i}: one stayed too long`);
      }
    });

    test("each period counts for itself", async ({ store, hold, clock, stands }) => {
      const [short, long] = [rolling(HOUR), rolling(30 * DAY)];
      const claims = [short, long].map((one) => claim(one, { limit: 100, takes: 60 }));
      await store.settle(await hold({ claims }), charge(60));
      clock.advance(HOUR);
      await stands(short, 0, 0);
      await stands(long, 60, 0);
    });

    test("a charge of nothing keeps nothing in", async ({ store, hold, clock }) => {
      await store.settle(await hold({ claims: takes(60) }), charge(60));
      clock.advance(DAY / 2);
      await store.settle(await hold({ claims: takes(10) }), charge(0));
      assert.equal((await stateOf(store, window)).frees, NOON + DAY);
      clock.advance(DAY / 2);
      assert.equal((await stateOf(store, window)).spent, 0);
    });
  },
};
