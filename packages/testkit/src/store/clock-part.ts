import assert from "node:assert/strict";
import type { WindowAt } from "@assistants-budget/core/store";
import {
  DAY,
  HOUR,
  MINUTE,
  NOON,
  charge,
  claim,
  day,
  hour,
  lifetime,
  rolling,
} from "./requests.ts";
import { type Part, type Scene, already, held, refused, settled, stateOf } from "./scene.ts";

const MIDNIGHT = NOON + DAY / 2;
const all = (window: WindowAt) => [claim(window, { limit: 100, takes: 100 })];
const some = (window: WindowAt) => [claim(window, { limit: 100, takes: 1 })];

async function pay(scene: Scene, window: WindowAt, amount: number): Promise<void> {
  const hold = await scene.hold({ claims: [claim(window, { limit: 100, takes: amount })] });
  settled(await scene.store.settle(hold, charge(amount)));
}

/** Clocks are set back, and jump, and come back. */
export const clockPart: Part = {
  name: "time going backwards",
  tests: (test) => {
    test("a day is found again as it was left, to and fro", async (scene) => {
      const days = [day(), day({ at: MIDNIGHT })] as const;
      const [today, tomorrow] = days;
      const hold = await scene.hold({ claims: all(today) });
      scene.clock.set(MIDNIGHT);
      await pay(scene, tomorrow, 100);
      for (const at of [MIDNIGHT - HOUR, MIDNIGHT, NOON, MIDNIGHT + HOUR]) {
        scene.clock.set(at);
        const [state] =
          at < MIDNIGHT
            ? [{ spent: 0, held: 100, credit: 0 }]
            : [{ spent: 100, held: 0, credit: 0 }];
        const window = at < MIDNIGHT ? today : tomorrow;
        const expected = { ...window, ...state };
        const reply = refused(await scene.reserve({ claims: some(window) }));
        assert.deepEqual(reply.windows, [expected]);
        assert.deepEqual(await stateOf(scene.store, window), expected);
      }
      assert.deepEqual(settled(await scene.store.settle(hold, charge(70))).windows, [
        { ...today, spent: 70, held: 0, credit: 0 },
      ]);
      scene.clock.set(NOON);
      held(await scene.reserve({ claims: [claim(today, { limit: 100, takes: 30 })] }));
      refused(await scene.reserve({ claims: some(today) }));
      await scene.stands(today, 70, 30);
    });

    test("a day of a clock that was ahead locks nobody out, and comes in its time", async (scene) => {
      const [today, ahead] = [day(), day({ at: NOON + 30 * DAY })];
      await pay(scene, today, 40);
      scene.clock.set(NOON + 30 * DAY);
      await pay(scene, ahead, 75);
      scene.clock.set(NOON + MINUTE);
      assert.deepEqual(await stateOf(scene.store, today), {
        ...today,
        spent: 40,
        held: 0,
        credit: 0,
      });
      refused(await scene.reserve({ claims: [claim(today, { limit: 100, takes: 61 })] }));
      await pay(scene, today, 60);
      refused(await scene.reserve({ claims: some(today) }));
      scene.clock.set(MIDNIGHT);
      await pay(scene, day({ at: MIDNIGHT }), 100);
      scene.clock.set(NOON + 30 * DAY);
      assert.deepEqual(await stateOf(scene.store, ahead), {
        ...ahead,
        spent: 75,
        held: 0,
        credit: 0,
      });
      refused(await scene.reserve({ claims: [claim(ahead, { limit: 100, takes: 26 })] }));
      await pay(scene, ahead, 25);
      refused(await scene.reserve({ claims: some(ahead) }));
    });

    test("the first window of all may be one of the future", async (scene) => {
      scene.clock.set(NOON + 30 * DAY);
      await pay(scene, day({ at: NOON + 30 * DAY }), 100);
      scene.clock.set(NOON);
      assert.deepEqual(await stateOf(scene.store, day()), {
        ...day(),
        spent: 0,
        held: 0,
        credit: 0,
      });
      held(await scene.reserve({ claims: all(day()) }));
      refused(await scene.reserve({ claims: some(day()) }));
    });

    test("a window ends where one of the future begins: no two overlap", async (scene) => {
      scene.clock.set(MIDNIGHT);
      await pay(scene, day({ at: MIDNIGHT }), 100);
      // Two hours east of it the day has begun at 22:00, and would reach into the next one.
      scene.clock.set(MIDNIGHT - HOUR);
      const east = day({ at: MIDNIGHT - HOUR, zone: 2 });
      const between = { ...east, end: MIDNIGHT };
      assert.deepEqual(await stateOf(scene.store, east), {
        ...between,
        spent: 0,
        held: 0,
        credit: 0,
      });
      assert.deepEqual(held(await scene.reserve({ claims: all(east) })).windows, [
        { ...between, spent: 0, held: 100, credit: 0 },
      ]);
      refused(await scene.reserve({ claims: some(day()) }));
      scene.clock.set(MIDNIGHT);
      const reply = refused(await scene.reserve({ claims: some(east) }));
      assert.deepEqual(reply.windows, [
        { ...day({ at: MIDNIGHT }), spent: 100, held: 0, credit: 0 },
      ]);
      // What is left of the day before it ends where the other begins, and begins where that ends.
      scene.clock.set(NOON);
      const before = { ...day(), end: east.start };
      assert.deepEqual(held(await scene.reserve({ claims: all(day()) })).windows, [
        { ...before, spent: 0, held: 100, credit: 0 },
      ]);
    });

    test("a refusal in another window than the latest changes nothing", async (scene) => {
      const ahead = day({ at: NOON + DAY });
      await pay(scene, day(), 100);
      scene.clock.set(NOON + DAY);
      await pay(scene, ahead, 30);
      scene.clock.set(NOON);
      const hours = claim(hour(), { limit: 100, takes: 1 });
      refused(await scene.reserve({ claims: [...some(day()), hours] }));
      await scene.stands(day(), 100, 0);
      await scene.stands(hour(), 0, 0);
      scene.clock.set(NOON + DAY);
      await scene.stands(ahead, 30, 0);
      held(await scene.reserve({ claims: [claim(ahead, { limit: 100, takes: 70 })] }));
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
      const payTen = async () => {
        const hold = await scene.hold({ claims: [claim(window, { limit: 100, takes: 10 })] });
        await scene.store.settle(hold, charge(10));
      };
      // In whichever bucket: some of these steps back stay within one.
      for (let i = 0; i < 4; i += 1) {
        scene.clock.set(NOON + (4 - i) * 7 * MINUTE);
        await payTen();
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

    for (const ahead of [2 * DAY, 40 * DAY, 4000 * DAY])
      test(`a clock that leaps ${ahead / DAY} days ahead and back loses nothing of a rolling window`, async (scene) => {
        const window = rolling(DAY);
        for (const [after, amount] of [
          [0, 10],
          [HOUR, 20],
          [2 * HOUR, 30],
        ] as const) {
          scene.clock.set(NOON + after);
          await pay(scene, window, amount);
        }
        const hold = await scene.hold({ claims: [claim(window, { limit: 100, takes: 25 })] });
        scene.clock.set(NOON + ahead);
        await pay(scene, window, 5);
        settled(await scene.store.settle(hold, charge(15)));
        await scene.store.release(await scene.hold({ claims: some(window) }));
        await scene.stands(window, 20, 0);
        // What was charged ahead counts, too, until it leaves by a later reading.
        scene.clock.set(NOON + 3 * HOUR);
        await scene.stands(window, 80, 0);
        refused(await scene.reserve({ claims: [claim(window, { limit: 100, takes: 21 })] }));
        await scene.store.release(
          await scene.hold({ claims: [claim(window, { limit: 100, takes: 20 })] }),
        );
        await pay(scene, window, 20);
        await scene.stands(window, 100, 0);
        scene.clock.set(NOON + DAY + HOUR);
        await scene.stands(window, 70, 0);
        scene.clock.set(NOON + ahead + DAY);
        await scene.stands(window, 0, 0);
      });

    test("a clock that is ahead for hours, again and again, loses nothing of a busy rolling window", async (scene) => {
      const window = rolling(DAY);
      const wide = [claim(window, { limit: null, takes: 1 })];
      const STEP = 24 * MINUTE;
      const charges: { readonly at: number; readonly real: number }[] = [];
      for (let i = 0; i < 180; i += 1) {
        const real = NOON + i * STEP;
        // Five stretches of two hours each, from the second day on.
        const at = i >= 60 && i % 24 < 5 ? real + 9 * DAY : real;
        scene.clock.set(at);
        await scene.store.settle(await scene.hold({ claims: wide }), charge(1));
        charges.push({ at, real });
        const { spent } = await stateOf(scene.store, window);
        const since = at - DAY;
        const atLeast = charges.filter((one) => one.at > since).length;
        assert.ok(spent >= atLeast, `charge ${i}: ${spent} of ${atLeast} are left`);
      }
    });

    test("a clock that leaps years ahead and back loses no window in force", async (scene) => {
      const windows = [day(), rolling(DAY), lifetime()];
      await scene.store.settle(
        await scene.hold({ claims: windows.map((one) => claim(one, { limit: 100, takes: 70 })) }),
        charge(70),
      );
      scene.clock.set(NOON + 1000 * DAY);
      // Who clears up in passing does so where others begin.
      for (let i = 0; i < 40; i += 1) {
        const at = NOON + 1000 * DAY + i * MINUTE;
        scene.clock.set(at);
        const user = `user-${i}`;
        const own = [day({ at, subject: user }), rolling(DAY, { subject: user })];
        const claims = own.map((one) => claim(one, { limit: 100, takes: 10 }));
        await scene.store.settle(await scene.hold({ claims, user }), charge(10));
      }
      scene.clock.set(NOON + HOUR);
      for (const window of windows) {
        await scene.stands(window, 70, 0);
        refused(await scene.reserve({ claims: [claim(window, { limit: 100, takes: 31 })] }));
      }
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
