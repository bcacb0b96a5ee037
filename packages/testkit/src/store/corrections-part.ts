import assert from "node:assert/strict";
import { DAY, HOUR, MINUTE, NOON, charge, claim, day, lifetime, rolling } from "./requests.ts";
import { type Part, already, refused, settled, stateOf, sumOf, tally } from "./scene.ts";

const assumed = (nano: number, tokens = 0) => charge(nano, { tokens, known: "assumed" });

/** Better knowledge of what was assumed. */
export const correctionsPart: Part = {
  name: "corrections",
  tests: (test) => {
    test("what was assumed and turns up smaller gives the difference back", async (scene) => {
      const hold = await scene.hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
      const first = settled(await scene.store.settle(hold, assumed(60)));
      scene.clock.advance(HOUR);
      const reply = settled(await scene.store.settle(hold, charge(25, { responseId: "resp_1" })));
      assert.equal(reply.line.kind, "correction");
      assert.equal(reply.line.hold, hold);
      assert.equal(reply.line.charge.nano, -35);
      assert.equal(reply.line.charge.known, "reported");
      assert.equal(reply.line.charge.responseId, "resp_1");
      assert.equal(reply.line.at, NOON + HOUR);
      assert.deepEqual(reply.line.facts, first.line.facts);
      assert.deepEqual(reply.windows, [{ ...day(), spent: 25, held: 0, credit: 0 }]);
      assert.deepEqual(await scene.store.lines({}), [first.line, reply.line]);
    });

    test("and larger takes the difference too, also beyond the limit", async (scene) => {
      const claims = [claim(day(), { limit: 100, takes: 60 })];
      const hold = await scene.hold({ claims });
      await scene.store.settle(hold, assumed(60));
      assert.equal(settled(await scene.store.settle(hold, charge(130))).line.charge.nano, 70);
      await scene.stands(day(), 130, 0);
      refused(await scene.reserve({ claims: [claim(day(), { limit: 100 })] }));
    });

    test("tokens are corrected as money is; a run stays one run", async (scene) => {
      const [tokens, runs] = [day({ unit: "tokens" }), day({ unit: "runs" })];
      const hold = await scene.hold({
        claims: [claim(tokens, { limit: 900, takes: 500 }), claim(runs, { limit: 5, takes: 1 })],
      });
      await scene.store.settle(hold, assumed(60, 500));
      const { line } = settled(await scene.store.settle(hold, charge(25, { tokens: 120 })));
      assert.equal(line.charge.tokens, -380);
      await scene.stands(tokens, 120, 0);
      await scene.stands(runs, 1, 0);
    });

    test("a correction lands in the windows of the charge", async (scene) => {
      const windows = [day(), lifetime()];
      const hold = await scene.hold({
        claims: windows.map((window) => claim(window, { limit: 100, takes: 60 })),
      });
      await scene.store.settle(hold, assumed(60));
      scene.clock.advance(DAY);
      const tomorrow = day({ at: NOON + DAY });
      await scene.hold({ claims: [claim(tomorrow, { limit: 100, takes: 5 })] });
      const { windows: after } = settled(await scene.store.settle(hold, charge(25)));
      assert.deepEqual(
        after,
        windows.map((window) => ({ ...window, spent: 25, held: 0, credit: 0 })),
      );
      await scene.stands(tomorrow, 0, 5);
    });

    test("in a rolling window a correction is dated as its charge", async (scene) => {
      const window = rolling(DAY);
      const hold = await scene.hold({ claims: [claim(window, { limit: 100, takes: 60 })] });
      await scene.store.settle(hold, assumed(60));
      scene.clock.advance(20 * HOUR);
      await scene.store.settle(hold, charge(25));
      assert.equal((await stateOf(scene.store, window)).spent, 25);
      scene.clock.set(NOON + DAY);
      await scene.stands(window, 0, 0);
    });

    test("corrected to nothing, a charge frees nothing when it leaves", async (scene) => {
      const window = rolling(DAY);
      const hold = await scene.hold({ claims: [claim(window, { limit: 100, takes: 60 })] });
      await scene.store.settle(hold, assumed(60));
      await scene.store.settle(hold, charge(0));
      assert.deepEqual(await stateOf(scene.store, window), {
        ...window,
        spent: 0,
        held: 0,
        credit: 0,
      });
    });

    test("a correction of a charge that has left its window changes nothing there", async (scene) => {
      const window = rolling(DAY);
      const claims = [claim(window, { limit: 100, takes: 60 })];
      const hold = await scene.hold({ claims });
      await scene.store.settle(hold, assumed(60));
      scene.clock.advance(3 * DAY);
      const second = await scene.hold({ claims });
      await scene.store.settle(second, charge(50));
      settled(await scene.store.settle(hold, charge(25)));
      assert.equal((await stateOf(scene.store, window)).spent, 50);
      assert.equal(sumOf(await scene.store.lines({})), 75);
    });

    test("a correction is made once", async (scene) => {
      const hold = await scene.hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
      const { line } = settled(await scene.store.settle(hold, assumed(60)));
      settled(await scene.store.settle(hold, charge(25)));
      assert.deepEqual(already(await scene.store.settle(hold, charge(10))), line);
      assert.deepEqual(already(await scene.store.settle(hold, assumed(60))), line);
      assert.deepEqual(already(await scene.store.release(hold)), line);
      await scene.stands(day(), 25, 0);
      assert.equal((await scene.store.lines({})).length, 2);
    });

    test("asked for many times at once, it is made once", async (scene) => {
      const hold = await scene.hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
      const settle = (known: "assumed" | "reported") =>
        scene.store.settle(hold, charge(known === "assumed" ? 60 : 25, { known }));
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, i) => settle(i % 2 === 0 ? "assumed" : "reported")),
      );
      assert.deepEqual(tally(replies), { settled: 2, already: 18 });
      await scene.stands(day(), 25, 0);
    });

    test("counting corrects assuming", async ({ store, hold, stands }) => {
      const id = await hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
      await store.settle(id, assumed(60));
      settled(await store.settle(id, charge(25, { known: "counted" })));
      await stands(day(), 25, 0);
    });

    for (const known of ["reported", "counted"] as const) {
      test(`what was ${known} is never corrected`, async ({ store, hold, stands }) => {
        const id = await hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
        await store.settle(id, charge(25, { known }));
        already(await store.settle(id, assumed(60)));
        already(await store.settle(id, charge(10)));
        await stands(day(), 25, 0);
      });
    }

    test("a correction that changes nothing is still written down", async ({
      store,
      hold,
      clock,
    }) => {
      const id = await hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
      await store.settle(id, assumed(60));
      clock.advance(MINUTE);
      assert.equal(settled(await store.settle(id, charge(60))).line.charge.nano, 0);
      assert.equal((await store.lines({})).length, 2);
    });
  },
};
