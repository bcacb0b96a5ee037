import assert from "node:assert/strict";
import { DAY, MINUTE, NOON, charge, claim, day, lifetime, request } from "./requests.ts";
import { type Part, held, refused, settled, stateOf } from "./scene.ts";

/** From a fresh subject to a settled hold. */
export const holdsPart: Part = {
  name: "reserve, settle, release",
  tests: (test) => {
    test("a subject never seen before has its full limit", async ({ store, reserve, stands }) => {
      const window = lifetime();
      assert.deepEqual(await stateOf(store, window), { ...window, spent: 0, held: 0, credit: 0 });
      held(await reserve({ claims: [claim(window, { limit: 100, takes: 100 })] }));
      await stands(window, 0, 100);
    });

    test("and not more than that", async ({ reserve, stands }) => {
      refused(await reserve({ claims: [claim(lifetime(), { limit: 100, takes: 101 })] }));
      await stands(lifetime(), 0, 0);
    });

    test("a limit of 0 allows nothing, and nothing is what it allows", async ({ reserve }) => {
      refused(await reserve({ claims: [claim(lifetime(), { limit: 0, takes: 1 })] }));
      held(await reserve({ claims: [claim(lifetime(), { limit: 0 })] }));
    });

    test("a grant names tokens, time, expiry and each window as it then stands", async (scene) => {
      const [forever, today] = [lifetime(), day()];
      const claims = [
        claim(today, { limit: 50, takes: 10, perToken: 2 }),
        claim(forever, { limit: 500, takes: 20 }),
      ];
      assert.deepEqual(held(await scene.reserve({ claims, min: 1, max: 15, ttlMs: 9 * MINUTE })), {
        kind: "held",
        outputTokens: 15,
        windows: [
          { ...today, spent: 0, held: 40, credit: 0 },
          { ...forever, spent: 0, held: 20, credit: 0 },
        ],
        now: NOON,
        expiresAt: NOON + 9 * MINUTE,
      });
    });

    test("a refusal names who refused and each window as it stands", async (scene) => {
      const [forever, today] = [lifetime(), day()];
      await scene.hold({
        claims: [claim(today, { limit: 50, takes: 30 }), claim(forever, { limit: null })],
      });
      const claims = [
        claim(forever, { limit: 500, takes: 10, perToken: 1 }),
        claim(today, { limit: 50, takes: 10, perToken: 1 }),
      ];
      assert.deepEqual(refused(await scene.reserve({ claims, min: 20, max: 1000 })), {
        kind: "refused",
        windows: [
          { ...forever, spent: 0, held: 0, credit: 0 },
          { ...today, spent: 0, held: 30, credit: 0 },
        ],
        refused: [1],
        fits: [490, 10],
        now: NOON,
      });
      await scene.stands(forever, 0, 0);
      await scene.stands(today, 0, 30);
    });

    test("settling puts what was spent in the place of what was held", async (scene) => {
      const windows = [day(), lifetime()] as const;
      const claims = windows.map((window) => claim(window, { limit: 100, takes: 60 }));
      const hold = await scene.hold({ claims });
      const reply = settled(await scene.store.settle(hold, charge(25)));
      assert.deepEqual(
        reply.windows,
        windows.map((window) => ({ ...window, spent: 25, held: 0, credit: 0 })),
      );
      held(await scene.reserve({ claims: [claim(day(), { limit: 100, takes: 75 })] }));
      refused(await scene.reserve({ claims: [claim(day(), { limit: 100, takes: 1 })] }));
    });

    test("releasing gives all back and writes no line", async ({ store, hold, stands }) => {
      const id = await hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
      assert.deepEqual(await store.release(id), {
        kind: "released",
        windows: [{ ...day(), spent: 0, held: 0, credit: 0 }],
      });
      await stands(day(), 0, 0);
      assert.deepEqual(await store.lines({}), []);
    });

    test("a charge of nothing is a charge", async ({ store, hold, stands }) => {
      const id = await hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
      assert.equal(settled(await store.settle(id, charge(0))).line.charge.nano, 0);
      await stands(day(), 0, 0);
      assert.equal((await store.lines({})).length, 1);
    });

    test("a charge beyond its ceiling is counted whole, named an overrun, and blocks", async (scene) => {
      const claims = [claim(day(), { limit: 100, takes: 60 })];
      const hold = await scene.hold({ claims });
      const { line } = settled(await scene.store.settle(hold, charge(130)));
      assert.equal(line.overrun, 70);
      assert.equal(line.ceiling, 60);
      await scene.stands(day(), 130, 0);
      refused(await scene.reserve({ claims: [claim(day(), { limit: 100, takes: 1 })] }));
      refused(await scene.reserve({ claims: [claim(day(), { limit: 100 })] }));
    });

    test("a charge at its ceiling is no overrun", async ({ store, hold }) => {
      const id = await hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
      const { line } = settled(await store.settle(id, charge(60)));
      assert.equal("overrun" in line, false);
    });

    test("an unlimited window is counted and never refuses", async ({ store, hold, stands }) => {
      const claims = [claim(day(), { limit: null, takes: 1_000_000 })];
      const id = await hold({ claims });
      await hold({ claims });
      await store.settle(id, charge(400_000));
      await stands(day(), 400_000, 1_000_000);
    });

    test("limits of any amount share one counter", async ({ reserve, hold, store, stands }) => {
      const id = await hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
      refused(await reserve({ claims: [claim(day(), { limit: 50, takes: 1 })] }));
      held(await reserve({ claims: [claim(day(), { limit: 61, takes: 1 })] }));
      await store.settle(id, charge(60));
      refused(await reserve({ claims: [claim(day(), { limit: 61, takes: 1 })] }));
      held(await reserve({ claims: [claim(day(), { limit: 200, takes: 139 })] }));
      await stands(day(), 60, 140);
    });

    test("a fraction of a unit takes a whole one", async ({ reserve, stands }) => {
      const pico = { ...claim(day(), { limit: 10 }), fixed: 1, perOutput: 400 };
      assert.equal(held(await reserve({ claims: [pico], min: 1, max: 5 })).outputTokens, 5);
      await stands(day(), 0, 3);
    });

    test("tokens count as tokens, a run as one, whatever it cost", async (scene) => {
      const [usd, tokens, runs] = [day(), day({ unit: "tokens" }), day({ unit: "runs" })];
      const hold = await scene.hold({
        claims: [
          claim(usd, { limit: 100, takes: 60 }),
          claim(tokens, { limit: 1000, takes: 500 }),
          claim(runs, { limit: 2, takes: 1 }),
        ],
      });
      await scene.stands(tokens, 0, 500);
      await scene.stands(runs, 0, 1);
      await scene.store.settle(hold, charge(45, { tokens: 321 }));
      await scene.stands(usd, 45, 0);
      await scene.stands(tokens, 321, 0);
      await scene.stands(runs, 1, 0);
    });

    test("a hold without any window is a hold", async ({ store, reserve }) => {
      const asked = request({ claims: [], min: 1, max: 9 });
      assert.equal(held(await store.reserve(asked)).outputTokens, 9);
      assert.equal((await store.holds({ expired: false, limit: 10 })).length, 1);
      assert.equal(settled(await store.settle(asked.hold, charge(5))).windows.length, 0);
      held(await reserve({ claims: [] }));
    });

    test("the time is the store's own", async ({ store, clock, reserve }) => {
      assert.equal(await store.now(), NOON);
      clock.advance(DAY + 1);
      assert.equal(await store.now(), NOON + DAY + 1);
      assert.equal(held(await reserve({ claims: [] })).now, NOON + DAY + 1);
    });
  },
};
