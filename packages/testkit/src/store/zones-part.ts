import assert from "node:assert/strict";
import { DAY, HOUR, NOON, charge, claim, day } from "./requests.ts";
import { type Part, held, refused, settled, stateOf } from "./scene.ts";

const MIDNIGHT = NOON + DAY / 2;
/** Their day began two hours before that of UTC. */
const east = (at: number) => day({ at, zone: 2 });
const all = (window: ReturnType<typeof day>) => [claim(window, { limit: 100, takes: 100 })];
const some = (window: ReturnType<typeof day>) => [claim(window, { limit: 100, takes: 1 })];

/** A subject that moves to another time zone: one counter, whatever its windows are called. */
export const zonesPart: Part = {
  name: "a change of time zone",
  tests: (test) => {
    test("leaves the window in force until it ends", async (scene) => {
      const hold = await scene.hold({ claims: all(day()) });
      const inForce = { ...day(), spent: 0, held: 100, credit: 0 };
      const refusal = refused(await scene.reserve({ claims: some(east(NOON)) }));
      assert.deepEqual(refusal.windows, [inForce]);
      assert.deepEqual(await stateOf(scene.store, east(NOON)), inForce);
      // East of Greenwich a new day has begun at 22:00, but the old one is still in force.
      scene.clock.set(MIDNIGHT - 1);
      refused(await scene.reserve({ claims: some(east(MIDNIGHT - 1)) }));
      await scene.store.settle(hold, charge(100));
      refused(await scene.reserve({ claims: some(east(MIDNIGHT - 1)) }));
    });

    test("lets the next window begin where that one ends", async (scene) => {
      await scene.hold({ claims: all(day()) });
      scene.clock.set(MIDNIGHT);
      const next = { ...east(MIDNIGHT), start: MIDNIGHT };
      assert.deepEqual(held(await scene.reserve({ claims: all(east(MIDNIGHT)) })).windows, [
        { ...next, spent: 0, held: 100, credit: 0 },
      ]);
      // From here on the new zone's days follow each other.
      scene.clock.set(next.end);
      const following = east(next.end);
      const { windows } = held(await scene.reserve({ claims: all(following) }));
      assert.deepEqual(windows, [{ ...following, spent: 0, held: 100, credit: 0 }]);
    });

    test("to and fro gives no fresh budget", async (scene) => {
      await scene.hold({ claims: all(day()) });
      for (const zone of [11, -11, 2, -7, 0, 5])
        refused(await scene.reserve({ claims: some(day({ zone })) }));
      scene.clock.set(MIDNIGHT);
      await scene.hold({ claims: all(day({ at: MIDNIGHT, zone: 2 })) });
      for (const zone of [0, 2, 1])
        refused(await scene.reserve({ claims: some(day({ at: MIDNIGHT, zone })) }));
    });

    test("moves no hold and no charge", async (scene) => {
      const hold = await scene.hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
      await scene.hold({ claims: [claim(east(NOON), { limit: 100, takes: 5 })] });
      scene.clock.set(MIDNIGHT + HOUR);
      await scene.hold({ claims: [claim(east(MIDNIGHT + HOUR), { limit: 100, takes: 9 })] });
      const { windows } = settled(await scene.store.settle(hold, charge(25)));
      assert.deepEqual(windows, [{ ...day(), spent: 25, held: 5, credit: 0 }]);
      await scene.stands(east(MIDNIGHT + HOUR), 0, 9);
    });
  },
};
