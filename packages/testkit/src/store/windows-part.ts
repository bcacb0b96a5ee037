import assert from "node:assert/strict";
import { DAY, HOUR, NOON, charge, claim, day, hour, lifetime } from "./requests.ts";
import { type Part, held, refused, stateOf } from "./scene.ts";

const MIDNIGHT = NOON + DAY / 2;
const today = day();
const tomorrow = day({ at: NOON + DAY });

/** Calendar windows and lifetimes: no job resets them, and nothing lands in the wrong one. */
export const windowsPart: Part = {
  name: "calendar windows",
  tests: (test) => {
    test("a new window has its full limit", async (scene) => {
      await scene.hold({ claims: [claim(today, { limit: 100, takes: 100 })] });
      scene.clock.set(MIDNIGHT - 1);
      refused(await scene.reserve({ claims: [claim(today, { limit: 100, takes: 1 })] }));
      scene.clock.set(MIDNIGHT);
      held(await scene.reserve({ claims: [claim(tomorrow, { limit: 100, takes: 100 })] }));
      await scene.stands(tomorrow, 0, 100);
    });

    for (const end of ["settle", "release"] as const) {
      test(`a hold of yesterday that is ${end}d today moves only yesterday`, async (scene) => {
        const { store } = scene;
        const hold = await scene.hold({ claims: [claim(today, { limit: 100, takes: 60 })] });
        scene.clock.set(MIDNIGHT);
        await scene.hold({ claims: [claim(tomorrow, { limit: 100, takes: 7 })] });
        const reply = await (end === "settle"
          ? store.settle(hold, charge(25))
          : store.release(hold));
        assert.ok(reply.kind === "settled" || reply.kind === "released");
        assert.deepEqual(reply.windows, [
          { ...today, spent: end === "settle" ? 25 : 0, held: 0, credit: 0 },
        ]);
        await scene.stands(tomorrow, 0, 7);
      });
    }

    test("held before the window of another period ended, settled where it was held", async (scene) => {
      const windows = [hour(), today, lifetime()];
      const claims = windows.map((window) => claim(window, { limit: 100, takes: 60 }));
      const hold = await scene.hold({ claims });
      scene.clock.advance(HOUR);
      await scene.store.settle(hold, charge(25));
      await scene.stands(hour({ at: NOON + HOUR }), 0, 0);
      await scene.stands(today, 25, 0);
      await scene.stands(lifetime(), 25, 0);
    });

    test("a window that has ended is stale", async (scene) => {
      scene.clock.set(MIDNIGHT);
      const claims = [claim(today, { limit: 100, takes: 1 })];
      assert.deepEqual(await scene.reserve({ claims }), { kind: "stale", now: MIDNIGHT });
      await scene.hold({ claims: [claim(tomorrow, { limit: 100, takes: 60 })] });
      scene.clock.advance(DAY);
      assert.equal((await scene.reserve({ claims })).kind, "stale");
      assert.equal((await scene.store.holds({ expired: false, limit: 10 })).length, 1);
    });

    test("a window that has not begun is stale", async ({ reserve, clock }) => {
      const claims = [claim(tomorrow, { limit: 100, takes: 1 })];
      clock.set(MIDNIGHT - 1);
      assert.deepEqual(await reserve({ claims }), { kind: "stale", now: MIDNIGHT - 1 });
      clock.set(MIDNIGHT);
      held(await reserve({ claims }));
    });

    test("asked by a caller whose clock is behind, today is not yesterday again", async (scene) => {
      await scene.hold({ claims: [claim(today, { limit: 100, takes: 100 })] });
      scene.clock.set(MIDNIGHT);
      await scene.hold({ claims: [claim(tomorrow, { limit: 100, takes: 100 })] });
      const late = await scene.reserve({ claims: [claim(today, { limit: 100, takes: 1 })] });
      assert.equal(late.kind, "refused");
    });

    test("a lifetime never ends", async ({ hold, reserve, store, clock, stands }) => {
      const claims = [claim(lifetime(), { limit: 100, takes: 60 })];
      await store.settle(await hold({ claims }), charge(60));
      clock.advance(10_000 * DAY);
      refused(await reserve({ claims }));
      await stands(lifetime(), 60, 0);
    });

    test("windows that were left alone for years are simply over", async (scene) => {
      await scene.hold({ claims: [claim(today, { limit: 100, takes: 100 })] });
      scene.clock.advance(1000 * DAY);
      const now = day({ at: NOON + 1000 * DAY });
      assert.deepEqual(await stateOf(scene.store, now), { ...now, spent: 0, held: 0, credit: 0 });
      held(await scene.reserve({ claims: [claim(now, { limit: 100, takes: 100 })] }));
    });
  },
};
