import assert from "node:assert/strict";
import type { ActReply, WindowAt } from "@assistants-budget/core/store";
import { act, done, say } from "./acts.ts";
import { DAY, HOUR, NOON, charge, claim, day, lifetime, rolling } from "./requests.ts";
import { type Part, type Scene, held, refused, stateOf, tally } from "./scene.ts";

const takes = (window: WindowAt, amount: number) => [claim(window, { limit: 100, takes: amount })];

function credit(scene: Scene, window: WindowAt, amount: number): Promise<ActReply> {
  return scene.store.act(act({ kind: "credit", window, amount }));
}

/** Money that operators add to one window. */
export const creditPart: Part = {
  name: "credit",
  tests: (test) => {
    test("a credit raises the limit, and leaves what is spent and held", async (scene) => {
      await scene.store.settle(await scene.hold({ claims: takes(day(), 60) }), charge(60));
      await scene.hold({ claims: takes(day(), 30) });
      refused(await scene.reserve({ claims: takes(day(), 11) }));
      const { line, window } = done(await credit(scene, day(), 50));
      assert.deepEqual(window, { ...day(), spent: 60, held: 30, credit: 50 });
      assert.equal(line.kind, "credit");
      assert.deepEqual(await stateOf(scene.store, day()), window);
      const { fits } = refused(await scene.reserve({ claims: takes(day(), 61) }));
      assert.deepEqual(fits, [0]);
      held(await scene.reserve({ claims: takes(day(), 60) }));
      refused(await scene.reserve({ claims: takes(day(), 1) }));
    });

    test("as many output tokens fit as the credit pays for", async (scene) => {
      const claims = [claim(day(), { limit: 100, perToken: 1 })];
      await credit(scene, day(), 25);
      const { fits } = refused(await scene.reserve({ claims, min: 126, max: 999 }));
      assert.deepEqual(fits, [125]);
      assert.equal(held(await scene.reserve({ claims, min: 1, max: 999 })).outputTokens, 125);
    });

    test("a window that nobody has touched begins with it", async (scene) => {
      const { window } = done(await credit(scene, day(), 50));
      assert.deepEqual(window, { ...day(), spent: 0, held: 0, credit: 50 });
      held(await scene.reserve({ claims: takes(day(), 150) }));
      refused(await scene.reserve({ claims: takes(day(), 1) }));
    });

    test("it is for one window: not for other periods, subjects or days", async (scene) => {
      await credit(scene, day(), 50);
      const tomorrow = day({ at: NOON + DAY });
      for (const other of [lifetime(), day({ subject: "bob" }), day({ unit: "tokens" })])
        assert.equal((await stateOf(scene.store, other)).credit, 0);
      scene.clock.advance(DAY);
      assert.equal((await stateOf(scene.store, tomorrow)).credit, 0);
      refused(await scene.reserve({ claims: takes(tomorrow, 101) }));
      scene.clock.set(NOON);
      assert.equal((await stateOf(scene.store, day())).credit, 50);
    });

    test("a lower limit of the same window is raised, too; an unlimited one stays so", async (scene) => {
      await credit(scene, day(), 50);
      held(await scene.reserve({ claims: [claim(day(), { limit: 10, takes: 60 })] }));
      refused(await scene.reserve({ claims: [claim(day(), { limit: 10, takes: 1 })] }));
      held(await scene.reserve({ claims: [claim(day(), { limit: null, takes: 1000 })] }));
    });

    test("credits add up, and each writes its line", async (scene) => {
      await credit(scene, day(), 50);
      const { window } = done(await credit(scene, day(), 7));
      assert.equal(window?.credit, 57);
      assert.equal((await scene.store.lines({ user: "alice" })).length, 2);
    });

    test("a rolling window keeps it for good", async (scene) => {
      await credit(scene, rolling(HOUR), 50);
      scene.clock.advance(3 * DAY);
      held(await scene.reserve({ claims: takes(rolling(HOUR), 150) }));
      refused(await scene.reserve({ claims: takes(rolling(HOUR), 1) }));
    });

    test("it goes into the window in force, whatever is asked for", async (scene) => {
      await scene.hold({ claims: takes(day(), 10) });
      const { window } = done(await credit(scene, day({ zone: 5 }), 50));
      assert.deepEqual(window, { ...day(), spent: 0, held: 10, credit: 50 });
    });

    test("a window that the clock is not in is stale, and nothing is done", async (scene) => {
      const said = act({ kind: "credit", window: day({ at: NOON - DAY }), amount: 50 });
      assert.deepEqual(await scene.store.act(said), { kind: "stale", now: NOON });
      assert.deepEqual(await scene.store.lines({}), []);
      const again = act({ kind: "credit", id: said.id, window: day(), amount: 50 });
      assert.equal(done(await scene.store.act(again)).window?.credit, 50);
    });

    test("said again by its id, also at once, it is given once", async (scene) => {
      const said = act({ kind: "credit", window: day(), amount: 50 });
      const replies = await Promise.all(Array.from({ length: 20 }, () => scene.store.act(said)));
      assert.deepEqual(tally(replies), { done: 1, already: 19 });
      assert.equal((await stateOf(scene.store, day())).credit, 50);
    });

    test("among many reserves at once as many pass as then fit", async (scene) => {
      const before = scene.reserve({ claims: takes(day(), 10) });
      const [, ...replies] = await Promise.all([
        credit(scene, day(), 50),
        before,
        ...Array.from({ length: 30 }, () => scene.reserve({ claims: takes(day(), 10) })),
      ]);
      const more = await Promise.all(
        Array.from({ length: 10 }, () => scene.reserve({ claims: takes(day(), 10) })),
      );
      assert.equal(tally([...replies, ...more])["held"], 15);
      await scene.stands(day(), 0, 150);
    });

    test("large amounts stay exact", async (scene) => {
      const most = 9_000_000_000_000_000;
      const wide = (tokens: number) => ({
        claims: [claim(lifetime(), { limit: most - 7, perToken: 1 })],
        min: tokens,
      });
      await say(scene.store, { kind: "credit", window: lifetime(), amount: 3 });
      refused(await scene.reserve(wide(most - 3)));
      held(await scene.reserve(wide(most - 4)));
      refused(await scene.reserve(wide(1)));
    });
  },
};
