import assert from "node:assert/strict";
import type { WindowAt, WindowState } from "@assistants-budget/core/store";
import { act, done } from "./acts.ts";
import {
  DAY,
  HOUR,
  MINUTE,
  NOON,
  type Wish,
  charge,
  claim,
  day,
  hour,
  lifetime,
  request,
  rolling,
} from "./requests.ts";
import { type Part, type Scene, held, refused, settled, tally } from "./scene.ts";

const known = [claim(lifetime(), { limit: null, takes: 60 })];

/** A step that was charged; by default one of Alice's, of whom only a lifetime is counted. */
async function pay(scene: Scene, nano: number, wish: Partial<Wish> = {}): Promise<string> {
  const hold = await scene.hold({ claims: known, ...wish });
  settled(await scene.store.settle(hold, charge(nano, { tokens: nano * 2 })));
  return hold;
}

/** Begins a window, and gives it back as it then stands. */
async function begin(scene: Scene, window: WindowAt, takes: number = 0): Promise<WindowState> {
  const asked = request({ claims: [claim(window, { limit: null, takes })], run: "run-of-its-own" });
  const [state] = held(await scene.store.reserve(asked)).windows;
  assert.ok(state);
  if (takes === 0) await scene.store.release(asked.hold);
  return state;
}

const takes = (amount: number) => [claim(day(), { limit: 100, takes: amount, perToken: 1 })];

const sums = ({ spent, held: heldNow }: WindowState) => ({ spent, held: heldNow });

/** A period that a later deploy brought does not begin with nothing. */
export const seedingPart: Part = {
  name: "seeding",
  tests: (test) => {
    test("a window of a new period begins with what was spent in it, and counts on", async (scene) => {
      scene.clock.set(NOON - DAY);
      await pay(scene, 11);
      scene.clock.set(NOON - HOUR);
      await pay(scene, 20);
      scene.clock.set(NOON);
      await pay(scene, 5);
      assert.deepEqual(sums(await begin(scene, day())), { spent: 25, held: 0 });
      assert.deepEqual(sums(await begin(scene, hour())), { spent: 5, held: 0 });
      await pay(scene, 7, { claims: [...known, claim(day(), { limit: null, takes: 7 })] });
      await scene.stands(day(), 32, 0);
      await scene.stands(lifetime(), 43, 0);
    });

    test("a reserve is decided by it", async (scene) => {
      await pay(scene, 80);
      const reply = refused(await scene.reserve({ claims: takes(15), min: 6, max: 9 }));
      assert.deepEqual(reply.fits, [5]);
      assert.deepEqual(reply.windows.map(sums), [{ spent: 80, held: 0 }]);
      assert.deepEqual(await scene.store.holds({ expired: false, limit: 9 }), []);
      held(await scene.reserve({ claims: takes(20) }));
      refused(await scene.reserve({ claims: takes(1) }));
      await scene.stands(day(), 80, 20);
    });

    test("it is seeded once, however many begin it at once", async (scene) => {
      await pay(scene, 30);
      const claims = [claim(day(), { limit: 100, takes: 10 })];
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => scene.reserve({ claims })),
      );
      assert.deepEqual(tally(replies), { held: 7, refused: 13 });
      await scene.stands(day(), 30, 70);
    });

    test("the next window of the period is not", async (scene) => {
      scene.clock.set(NOON - DAY);
      await begin(scene, day({ at: NOON - DAY }), 1);
      scene.clock.set(NOON);
      await pay(scene, 30);
      assert.deepEqual(sums(await begin(scene, day())), { spent: 0, held: 0 });
    });

    test("a subject of whom nothing else is counted has no history", async (scene) => {
      await pay(scene, 30, { claims: [] });
      assert.deepEqual(sums(await begin(scene, day())), { spent: 0, held: 0 });
      await pay(scene, 30, { claims: [], user: "bob" });
      const two = [day({ subject: "bob" }), lifetime({ subject: "bob" })];
      const claims = two.map((window) => claim(window, { limit: null }));
      const { windows } = held(await scene.reserve({ claims, user: "bob" }));
      for (const state of windows) assert.deepEqual(sums(state), { spent: 0, held: 0 });
    });

    test("open holds are held in it, too, and end there", async (scene) => {
      const [paid, free, older] = [
        await scene.hold({ claims: known }),
        await scene.hold({ claims: known }),
        await scene.hold({ claims: known }),
      ];
      assert.deepEqual(sums(await begin(scene, day(), 5)), { spent: 0, held: 185 });
      await scene.store.settle(paid, charge(25));
      await scene.store.release(free);
      await scene.stands(day(), 25, 65);
      const more = settled(await scene.store.settle(older, charge(90, { known: "assumed" })));
      assert.ok(more.windows.some(({ family }) => family === day().family));
      await scene.stands(day(), 115, 5);
      settled(await scene.store.settle(older, charge(10)));
      await scene.stands(day(), 35, 5);
      await scene.stands(lifetime(), 35, 0);
    });

    test("corrections and adjustments count, dated as their charge", async (scene) => {
      scene.clock.set(NOON - DAY);
      const old = await scene.hold({ claims: known });
      await scene.store.settle(old, charge(60, { known: "assumed" }));
      scene.clock.set(NOON - HOUR);
      const hold = await scene.hold({ claims: known });
      await scene.store.settle(hold, charge(60, { known: "assumed" }));
      scene.clock.set(NOON);
      await scene.store.settle(old, charge(1));
      await scene.store.settle(hold, charge(25));
      const adjusted = await pay(scene, 10);
      done(await scene.store.act(act({ kind: "adjustment", hold: adjusted, nano: 13 })));
      assert.deepEqual(sums(await begin(scene, day())), { spent: 38, held: 0 });
      assert.deepEqual(sums(await begin(scene, hour())), { spent: 13, held: 0 });
      const rest = await begin(scene, rolling(2 * HOUR));
      assert.deepEqual([rest.spent, rest.frees], [38, NOON + HOUR]);
    });

    test("and what corrects or adjusts a charge later lands there, too", async (scene) => {
      const hold = await scene.hold({ claims: known });
      await scene.store.settle(hold, charge(60, { known: "assumed" }));
      const windows = [day(), rolling(HOUR)];
      for (const window of windows) await begin(scene, window);
      await scene.store.settle(hold, charge(95));
      for (const window of windows) await scene.stands(window, 95, 0);
      done(await scene.store.act(act({ kind: "adjustment", hold, nano: 7 })));
      for (const window of windows) await scene.stands(window, 7, 0);
      await scene.stands(lifetime(), 7, 0);
    });

    test("tokens are seeded as tokens", async (scene) => {
      await pay(scene, 30);
      const window = lifetime({ unit: "tokens" });
      const open = await scene.hold({ claims: known, min: 9 });
      assert.deepEqual(sums(await begin(scene, window)), { spent: 60, held: 16 });
      await scene.store.settle(open, charge(1, { tokens: 11 }));
      await scene.stands(window, 71, 0);
    });

    test("runs are counted once each, however many steps they had", async (scene) => {
      for (const run of ["run-1", "run-2", "run-1"]) await pay(scene, 1, { run });
      const [counted, first, second] = [
        await scene.hold({ claims: known, run: "run-2" }),
        await scene.hold({ claims: known, run: "run-3" }),
        await scene.hold({ claims: known, run: "run-3" }),
      ];
      const window = day({ unit: "runs" });
      assert.deepEqual(sums(await begin(scene, window, 1)), { spent: 2, held: 2 });
      for (const hold of [counted, first, second]) await scene.store.settle(hold, charge(1));
      await scene.stands(window, 3, 1);
    });

    test("a rolling window is seeded in its buckets", async (scene) => {
      const window = rolling(3 * HOUR);
      for (const [ago, nano] of [
        [4 * HOUR, 1],
        [2 * HOUR, 10],
        [HOUR, 20],
      ] as const) {
        scene.clock.set(NOON - ago);
        await pay(scene, nano, { run: `run ${ago} ms ago` });
      }
      scene.clock.set(NOON);
      const state = await begin(scene, window);
      assert.deepEqual([state.spent, state.frees], [30, NOON + HOUR]);
      const runs = rolling(3 * HOUR, { unit: "runs" });
      assert.deepEqual(sums(await begin(scene, runs)), { spent: 2, held: 0 });
      scene.clock.set(NOON + HOUR);
      await scene.stands(window, 20, 0);
      await scene.stands(runs, 1, 0);
      scene.clock.set(NOON + 2 * HOUR);
      await scene.stands(window, 0, 0);
    });

    for (const [scope, subject, spent] of [
      ["user", "alice", 23],
      ["thread", "thread-1", 31],
      ["run", "run-1", 13],
      ["tenant", "acme", 30],
      ["app", "app", 67],
      ["route", "research", 0],
    ] as const) {
      test(`what counts for a ${scope} is what was charged for it`, async (scene) => {
        const whose = { scope, subject };
        const first = [claim(lifetime(whose), { limit: null })];
        await scene.hold({ claims: first, user: "eve", thread: "-", run: "-" });
        const acme = { facts: { tenant: "acme" } };
        await pay(scene, 3, { claims: [] });
        await pay(scene, 20, { claims: [], thread: "thread-2", run: "run-2", ...acme });
        await pay(scene, 28, { claims: [], user: "bob", run: "run-3", facts: { tenant: "other" } });
        await pay(scene, 7, { claims: [], user: "bob", thread: "thread-2", ...acme });
        await pay(scene, 3, { claims: [], user: "bob", thread: "thread-3", ...acme });
        await pay(scene, 6, { claims: [], user: "bob", thread: "thread-3", run: "run-4" });
        assert.equal((await begin(scene, day(whose))).spent, spent);
      });
    }

    test("nobody else's charges count, however alike the names are", async (scene) => {
      await pay(scene, 5);
      for (const user of ["Alice", "alice ", "alice|", "user|alice", "alic", "alicé"])
        await pay(scene, 100, { claims: [], user });
      assert.equal((await begin(scene, day())).spent, 5);
    });

    test("a credit begins a window as a reserve does", async (scene) => {
      await pay(scene, 30);
      const open = await scene.hold({ claims: known });
      const said = act({ kind: "credit", window: day(), amount: 50 });
      assert.deepEqual(done(await scene.store.act(said)).window, {
        ...day(),
        spent: 30,
        held: 60,
        credit: 50,
      });
      await scene.store.settle(open, charge(45));
      await scene.stands(day(), 75, 0);
    });

    test("holds that were released are no history", async (scene) => {
      await scene.store.release(await scene.hold({ claims: known }));
      assert.deepEqual(sums(await begin(scene, day())), { spent: 0, held: 0 });
    });

    test("settles and reserves at once with the seeding lose nothing", async (scene) => {
      const holds = await Promise.all(
        Array.from({ length: 30 }, () => scene.hold({ claims: known })),
      );
      const claims = [claim(day(), { limit: null, takes: 1 }), ...known];
      await Promise.all([
        ...holds.map((hold, i) => scene.store.settle(hold, charge(i))),
        ...Array.from({ length: 10 }, () => scene.reserve({ claims })),
      ]);
      await scene.stands(day(), (29 * 30) / 2, 10);
      await scene.stands(lifetime(), (29 * 30) / 2, 600);
      scene.clock.advance(MINUTE);
    });
  },
};
