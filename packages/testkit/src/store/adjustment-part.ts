import assert from "node:assert/strict";
import type { ActReply } from "@assistants-budget/core/store";
import { act, done } from "./acts.ts";
import { DAY, HOUR, NOON, charge, claim, day, lifetime, rolling } from "./requests.ts";
import {
  type Part,
  type Scene,
  already,
  refused,
  settled,
  stateOf,
  sumOf,
  tally,
} from "./scene.ts";

const claims = [claim(day(), { limit: 100, takes: 60 })];
const assumed = (nano: number) => charge(nano, { known: "assumed" });

const refusal = (reason: string) => ({ kind: "refused", reason });

function adjust(scene: Scene, hold: string, nano: number): Promise<ActReply> {
  return scene.store.act(act({ kind: "adjustment", hold, nano }));
}

/** A hold that was charged. */
async function charged(scene: Scene, nano: number): Promise<string> {
  const hold = await scene.hold({ claims });
  settled(await scene.store.settle(hold, charge(nano)));
  return hold;
}

/** What a step did cost in truth, by an operator's word. */
export const adjustmentPart: Part = {
  name: "adjustments",
  tests: (test) => {
    for (const [word, nano] of [
      ["down", 10],
      ["up, beyond its ceiling and the limit", 170],
      ["to nothing", 0],
      ["to what it was", 40],
    ] as const) {
      test(`a charge is brought ${word}`, async (scene) => {
        const hold = await charged(scene, 40);
        scene.clock.advance(HOUR);
        const said = act({ kind: "adjustment", hold, nano });
        const { line } = done(await scene.store.act(said));
        const { id: _id, ...rest } = line;
        assert.deepEqual(rest, {
          kind: "adjustment",
          at: NOON + HOUR,
          act: said,
          nano: nano - 40,
        });
        await scene.stands(day(), nano, 0);
        const lines = await scene.store.lines({ user: "alice" });
        assert.deepEqual(lines.at(-1), line);
        assert.equal(sumOf(lines), nano);
      });
    }

    test("adjusted again, it has the last total", async (scene) => {
      const hold = await charged(scene, 40);
      for (const [nano, difference] of [
        [10, -30],
        [90, 80],
        [25, -65],
      ] as const) {
        assert.equal(done(await adjust(scene, hold, nano)).line.nano, difference);
        await scene.stands(day(), nano, 0);
      }
      assert.equal(sumOf(await scene.store.lines({})), 25);
    });

    test("what was assumed is adjusted, and the provider no longer corrects it", async (scene) => {
      const hold = await scene.hold({ claims });
      const { line } = settled(await scene.store.settle(hold, assumed(60)));
      assert.equal(done(await adjust(scene, hold, 20)).line.nano, -40);
      assert.deepEqual(already(await scene.store.settle(hold, charge(33))), line);
      await scene.stands(day(), 20, 0);
      assert.equal(sumOf(await scene.store.lines({})), 20);
    });

    test("after a correction the difference is to both lines", async (scene) => {
      const hold = await scene.hold({ claims });
      await scene.store.settle(hold, assumed(60));
      await scene.store.settle(hold, charge(25));
      assert.equal(done(await adjust(scene, hold, 30)).line.nano, 5);
      await scene.stands(day(), 30, 0);
    });

    test("it lands in the windows of the charge", async (scene) => {
      const windows = [day(), lifetime()];
      const hold = await scene.hold({
        claims: windows.map((window) => claim(window, { limit: 100, takes: 60 })),
      });
      await scene.store.settle(hold, charge(40));
      scene.clock.advance(DAY);
      const tomorrow = day({ at: NOON + DAY });
      await scene.hold({ claims: [claim(tomorrow, { limit: 100, takes: 5 })] });
      await adjust(scene, hold, 90);
      await scene.stands(tomorrow, 0, 5);
      await scene.stands(lifetime(), 90, 0);
      scene.clock.set(NOON);
      await scene.stands(day(), 90, 0);
    });

    test("in a rolling window it is dated as the charge", async (scene) => {
      const window = rolling(DAY);
      const hold = await scene.hold({ claims: [claim(window, { limit: 100, takes: 60 })] });
      await scene.store.settle(hold, charge(40));
      for (const nano of [10, 80]) {
        scene.clock.advance(8 * HOUR);
        await adjust(scene, hold, nano);
        assert.equal((await stateOf(scene.store, window)).spent, nano);
      }
      assert.equal((await stateOf(scene.store, window)).frees, NOON + DAY);
      scene.clock.set(NOON + DAY);
      await scene.stands(window, 0, 0);
      await adjust(scene, hold, 200);
      await scene.stands(window, 0, 0);
    });

    test("it is about money: tokens and runs stay", async (scene) => {
      const [usd, tokens, runs] = [day(), day({ unit: "tokens" }), day({ unit: "runs" })];
      const hold = await scene.hold({
        claims: [
          claim(usd, { limit: 100, takes: 60 }),
          claim(tokens, { limit: 900, takes: 500 }),
          claim(runs, { limit: 5, takes: 1 }),
        ],
      });
      await scene.store.settle(hold, charge(40, { tokens: 321 }));
      await adjust(scene, hold, 0);
      await scene.stands(usd, 0, 0);
      await scene.stands(tokens, 321, 0);
      await scene.stands(runs, 1, 0);
    });

    test("only a hold that was charged has anything to adjust", async (scene) => {
      const [open, released] = [await scene.hold({ claims }), await scene.hold({ claims: [] })];
      await scene.store.release(released);
      const said = act({ kind: "adjustment", hold: open, nano: 5 });
      assert.deepEqual(await scene.store.act(said), refusal("open"));
      assert.deepEqual(await adjust(scene, released, 5), refusal("unknown"));
      assert.deepEqual(await adjust(scene, "no-such-hold", 5), refusal("unknown"));
      assert.deepEqual(await scene.store.lines({}), []);
      await scene.stands(day(), 0, 60);
      await scene.store.settle(open, charge(40));
      assert.equal(done(await scene.store.act(said)).line.nano, -35);
    });

    test("said many times at once, it is done once", async (scene) => {
      const hold = await charged(scene, 40);
      const said = act({ kind: "adjustment", hold, nano: 10 });
      const replies = await Promise.all(Array.from({ length: 20 }, () => scene.store.act(said)));
      assert.deepEqual(tally(replies), { done: 1, already: 19 });
      await scene.stands(day(), 10, 0);
    });

    test("at once with a correction, the operator has the last word", async (scene) => {
      for (let i = 0; i < 10; i += 1) {
        const hold = await scene.hold({ claims: [claim(day(), { limit: null, takes: 60 })] });
        await scene.store.settle(hold, assumed(60));
        const correct = () => scene.store.settle(hold, charge(25));
        const speak = () => adjust(scene, hold, 1);
        await Promise.all(i % 2 === 0 ? [correct(), speak()] : [speak(), correct()]);
      }
      await scene.stands(day(), 10, 0);
      assert.equal(sumOf(await scene.store.lines({})), 10);
    });

    test("what an adjustment gives back can be spent, what it takes can't", async (scene) => {
      const hold = await charged(scene, 60);
      await adjust(scene, hold, 5);
      const room = (amount: number) =>
        scene.reserve({ claims: [claim(day(), { limit: 100, takes: amount })] });
      refused(await room(96));
      await adjust(scene, hold, 100);
      refused(await room(1));
    });
  },
};
