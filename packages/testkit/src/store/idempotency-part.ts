import assert from "node:assert/strict";
import { DAY, MINUTE, NOON, charge, claim, day, request } from "./requests.ts";
import { type Part, already, held, refused, settled } from "./scene.ts";

const claims = [claim(day(), { limit: 100, takes: 10, perToken: 1 })];

/** A lost answer is asked for again: nothing happens twice. */
export const idempotencyPart: Part = {
  name: "idempotency",
  tests: (test) => {
    test("the same hold asked for twice is held once", async ({ store, stands }) => {
      const asked = request({ claims, min: 1, max: 40 });
      const first = held(await store.reserve(asked));
      assert.deepEqual(held(await store.reserve(asked)), first);
      await stands(day(), 0, 50);
    });

    test("a hold asked for again answers with the present, not with the past", async (scene) => {
      const asked = request({ claims, min: 1, max: 40 });
      await scene.store.reserve(asked);
      scene.clock.advance(MINUTE / 2);
      await scene.store.renew([asked.hold], MINUTE);
      await scene.hold({ claims });
      const again = held(await scene.store.reserve(asked));
      assert.equal(again.now, NOON + MINUTE / 2);
      assert.equal(again.expiresAt, NOON + MINUTE / 2 + MINUTE);
      assert.equal(again.outputTokens, 40);
      assert.deepEqual(again.windows, [{ ...day(), spent: 0, held: 60, credit: 0 }]);
    });

    test("a hold is granted again where nothing else would fit", async ({ store, reserve }) => {
      const asked = request({ claims, min: 90 });
      held(await store.reserve(asked));
      refused(await reserve({ claims }));
      held(await store.reserve(asked));
    });

    test("a hold is known by its id, whatever is asked with it", async ({ store, stands }) => {
      const asked = request({ claims, min: 1, max: 40 });
      await store.reserve(asked);
      const larger = { ...asked, output: { min: 80, max: 80 } };
      assert.equal(held(await store.reserve(larger)).outputTokens, 40);
      await stands(day(), 0, 50);
    });

    test("a hold asked for again after its window has ended is neither stale nor new", async (scene) => {
      const asked = request({ claims });
      await scene.store.reserve(asked);
      scene.clock.advance(DAY);
      held(await scene.store.reserve(asked));
      await scene.stands(day({ at: NOON + DAY }), 0, 0);
    });

    test("a refused hold may be asked for again and is granted when there is room", async (scene) => {
      const other = await scene.hold({ claims, min: 90 });
      const asked = request({ claims });
      refused(await scene.store.reserve(asked));
      await scene.store.release(other);
      held(await scene.store.reserve(asked));
      await scene.stands(day(), 0, 10);
    });

    test("an ended hold is never granted again", async ({ store, stands }) => {
      for (const end of ["settle", "release"] as const) {
        const asked = request({ claims });
        await store.reserve(asked);
        await (end === "settle" ? store.settle(asked.hold, charge(3)) : store.release(asked.hold));
        assert.deepEqual(await store.reserve(asked), { kind: "ended", now: NOON });
      }
      await stands(day(), 3, 0);
    });

    test("settled twice, the first charge stands", async ({ store, hold, stands }) => {
      const id = await hold({ claims });
      const { line } = settled(await store.settle(id, charge(4)));
      assert.deepEqual(already(await store.settle(id, charge(4))), line);
      assert.deepEqual(already(await store.settle(id, charge(9))), line);
      await stands(day(), 4, 0);
      assert.deepEqual(await store.lines({}), [line]);
    });

    test("released after it was settled, the charge stands", async ({ store, hold, stands }) => {
      const id = await hold({ claims });
      const { line } = settled(await store.settle(id, charge(4)));
      assert.deepEqual(already(await store.release(id)), line);
      await stands(day(), 4, 0);
    });

    test("settled after it was released, nothing moves", async ({ store, hold, stands }) => {
      const id = await hold({ claims });
      await store.release(id);
      assert.equal(already(await store.settle(id, charge(4))), undefined);
      assert.equal(already(await store.release(id)), undefined);
      await stands(day(), 0, 0);
      assert.deepEqual(await store.lines({}), []);
    });

    test("a hold that never was is unknown", async ({ store }) => {
      assert.deepEqual(await store.settle("no-such-hold", charge(4)), { kind: "unknown" });
      assert.deepEqual(await store.release("no-such-hold"), { kind: "unknown" });
      assert.deepEqual(await store.lines({}), []);
    });

    test("a refused hold is unknown", async ({ store }) => {
      const asked = request({ claims, min: 91 });
      refused(await store.reserve(asked));
      assert.deepEqual(await store.settle(asked.hold, charge(4)), { kind: "unknown" });
    });
  },
};
