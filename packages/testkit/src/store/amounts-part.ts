import assert from "node:assert/strict";
import { HOUR, charge, claim, lifetime, request, rolling } from "./requests.ts";
import { type Part, held, refused, settled, stateOf } from "./scene.ts";

/** The largest limit there is: nine million dollars, just under 2^53 nano-dollars. */
const MOST = 9_000_000_000_000_000;

/** Sums stay exact to the last nano-dollar. */
export const amountsPart: Part = {
  name: "large amounts",
  tests: (test) => {
    for (const window of [lifetime(), rolling(HOUR)]) {
      test(`the last nano-dollar of nine million dollars counts (${window.period})`, async (scene) => {
        // A claim's thousandths would pass 2^53; so many tokens of one nano-dollar do not.
        const takes = (tokens: number) => ({
          claims: [claim(window, { limit: MOST, perToken: 1 })],
          min: tokens,
        });
        const hold = await scene.hold(takes(MOST - 1));
        assert.equal((await stateOf(scene.store, window)).held, MOST - 1);
        refused(await scene.reserve(takes(2)));
        const last = await scene.hold(takes(1));
        refused(await scene.reserve(takes(1)));
        settled(await scene.store.settle(hold, charge(MOST - 3)));
        assert.equal((await stateOf(scene.store, window)).spent, MOST - 3);
        settled(await scene.store.settle(last, charge(1)));
        assert.equal((await stateOf(scene.store, window)).spent, MOST - 2);
        assert.equal(held(await scene.reserve({ ...takes(1), max: 10 })).outputTokens, 2);
        refused(await scene.reserve(takes(1)));
      });
    }

    test("thousandths beyond 2^53 are counted exactly", async (scene) => {
      const one = { ...claim(lifetime(), { limit: MOST }), perOutput: 1_000_001 };
      const { outputTokens } = held(await scene.reserve({ claims: [one], min: 1, max: 9e12 }));
      assert.equal(outputTokens, 8_999_991_000_008);
      await scene.stands(lifetime(), 0, 8_999_999_999_999_001);
    });

    test("large charges and corrections keep their last digit", async ({ store, hold, stands }) => {
      const id = await hold({ claims: [claim(lifetime(), { limit: MOST, takes: 1_000_000 })] });
      await store.settle(id, charge(MOST - 7, { known: "assumed" }));
      const { line } = settled(await store.settle(id, charge(3)));
      assert.equal(line.charge.nano, 10 - MOST);
      await stands(lifetime(), 3, 0);
    });

    test("many small ones are as exact as a large one", async ({ store, stands }) => {
      const claims = [claim(lifetime(), { limit: null, takes: 1 })];
      const wishes = Array.from({ length: 300 }, () => request({ claims }));
      await Promise.all(wishes.map((wish) => store.reserve(wish)));
      await Promise.all(wishes.map(({ hold }, i) => store.settle(hold, charge(i * 1_000_003))));
      await stands(lifetime(), (299 * 300 * 1_000_003) / 2, 0);
    });
  },
};
