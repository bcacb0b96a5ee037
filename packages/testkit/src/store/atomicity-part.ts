import assert from "node:assert/strict";
import { HOUR, NOON, charge, claim, day, hour, lifetime, request, rolling } from "./requests.ts";
import { type Part, refused, sumOf, tally } from "./scene.ts";

/** Many at once. */
const STORM = 200;

const five = () => [day(), lifetime(), hour(), rolling(HOUR), lifetime({ scope: "app" })];
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** All or nothing, and never more than the limit however many ask at once. */
export const atomicityPart: Part = {
  name: "atomicity",
  tests: (test) => {
    for (const last of [0, 2, 4]) {
      test(`refused in window ${last + 1} of five, nothing is held in the others`, async (scene) => {
        const claims = five().map((window, i) =>
          claim(window, { limit: i === last ? 5 : 100, takes: 10 }),
        );
        assert.deepEqual(refused(await scene.reserve({ claims })).refused, [last]);
        for (const window of five()) await scene.stands(window, 0, 0);
        assert.deepEqual(await scene.store.holds({ expired: false, limit: 10 }), []);
      });
    }

    test("stale in the last of five, nothing is held in the others", async (scene) => {
      const windows = [...five().slice(0, 4), day({ scope: "app", at: NOON - 48 * HOUR })];
      const claims = windows.map((window) => claim(window, { limit: 100, takes: 10 }));
      assert.deepEqual(await scene.reserve({ claims }), { kind: "stale", now: NOON });
      for (const window of windows.slice(0, 4)) await scene.stands(window, 0, 0);
    });

    test(`of ${STORM} at once on one counter as many pass as fit`, async (scene) => {
      const claims = [claim(day(), { limit: 1000, takes: 7 })];
      const replies = await Promise.all(times(STORM, () => scene.reserve({ claims })));
      assert.deepEqual(tally(replies), { held: 142, refused: STORM - 142 });
      await scene.stands(day(), 0, 142 * 7);
    });

    test(`of ${STORM} at once on five counters the tightest decides for all`, async (scene) => {
      const claims = five().map((window, i) => claim(window, { limit: 500 - i, takes: 10 }));
      const replies = await Promise.all(times(STORM, () => scene.reserve({ claims })));
      assert.deepEqual(tally(replies), { held: 49, refused: STORM - 49 });
      await Promise.all(five().map((window) => scene.stands(window, 0, 490)));
    });

    test("users who share a limit share it at once", async (scene) => {
      const app = lifetime({ scope: "app", subject: "app" });
      const replies = await Promise.all(
        times(STORM, (i) =>
          scene.reserve({
            claims: [
              claim(day({ subject: `user-${i}` }), { limit: 10, takes: 10 }),
              claim(app, { limit: 333, takes: 10 }),
            ],
          }),
        ),
      );
      assert.deepEqual(tally(replies), { held: 33, refused: STORM - 33 });
      await scene.stands(app, 0, 330);
    });

    test("reserves and settles at once lose nothing and add nothing", async (scene) => {
      const { store } = scene;
      const claims = [
        claim(day(), { limit: 1000, takes: 10 }),
        claim(hour(), { limit: null, takes: 10 }),
      ];
      const outcomes = await Promise.all(
        times(STORM, async (i) => {
          const asked = request({ claims });
          const { kind } = await store.reserve(asked);
          if (kind !== "held") return { kind };
          return i % 5 === 0 ? store.release(asked.hold) : store.settle(asked.hold, charge(i % 11));
        }),
      );
      const spent = sumOf(await store.lines({}));
      const counts = tally(outcomes);
      assert.equal((await store.lines({})).length, counts["settled"]);
      assert.equal(
        (counts["settled"] ?? 0) + (counts["released"] ?? 0) + (counts["refused"] ?? 0),
        STORM,
      );
      await scene.stands(day(), spent, 0);
      await scene.stands(hour(), spent, 0);
      assert.deepEqual(await store.holds({ expired: false, limit: 10 }), []);
    });

    test("asked many times at once by one id, one hold is held", async (scene) => {
      const asked = request({ claims: [claim(day(), { limit: 1000, takes: 10 })] });
      const replies = await Promise.all(times(20, () => scene.store.reserve(asked)));
      assert.deepEqual(tally(replies), { held: 20 });
      await scene.stands(day(), 0, 10);
    });

    test("settled and released many times at once, a hold ends once", async (scene) => {
      const hold = await scene.hold({ claims: [claim(day(), { limit: 1000, takes: 10 })] });
      const replies = await Promise.all(
        times(20, (i) =>
          i % 2 === 0 ? scene.store.settle(hold, charge(3 + i)) : scene.store.release(hold),
        ),
      );
      const { already = 0, ...ended } = tally(replies);
      assert.equal(already, 19);
      assert.equal(Object.keys(ended).length, 1);
      const lines = await scene.store.lines({});
      assert.equal(lines.length, ended["settled"] ?? 0);
      await scene.stands(day(), sumOf(lines), 0);
    });

    test("what can't be decided is an error that holds nothing and harms nobody", async (scene) => {
      const [window, other] = [day(), lifetime({ subject: "bob" })];
      const fair = { claims: [claim(other, { limit: 100, takes: 10 })] };
      const uncountable = { ...claim(lifetime(), { limit: null }), perOutput: 1e15 };
      const [before, upsideDown, tooLarge, after] = await Promise.allSettled([
        scene.reserve(fair),
        scene.reserve({ claims: [claim(window, { limit: 100, takes: 10 })], min: 5, max: 4 }),
        scene.reserve({
          claims: [claim(window, { limit: 100, takes: 10 }), uncountable],
          min: 1e9,
        }),
        scene.reserve(fair),
      ]);
      assert.deepEqual(
        [before.status, upsideDown.status, tooLarge.status, after.status],
        ["fulfilled", "rejected", "rejected", "fulfilled"],
      );
      await scene.stands(window, 0, 0);
      await scene.stands(lifetime(), 0, 0);
      await scene.stands(other, 0, 20);
    });
  },
};
