import assert from "node:assert/strict";
import { ALICE, act, done, merged, say, unsaid } from "./acts.ts";
import { all, claimsOf, hers, his, mergeAct, moves, pay } from "./merging.ts";
import { DAY, HOUR, NOON, charge, claim, day, lifetime, request, rolling } from "./requests.ts";
import { type Part, held, refused, settled, stateOf, tally } from "./scene.ts";

const ahead = (subject: string) => day({ subject, at: NOON + 9 * DAY });

/** Two users who are found to be one: what both have spent and held. */
export const mergePart: Part = {
  name: "merging users",
  tests: (test) => {
    test("what both have spent and held comes together, and the line tells what moved", async (scene) => {
      await pay(scene, hers, 10);
      await pay(scene, his, 20);
      await scene.hold({ claims: claimsOf(hers, 3) });
      await scene.hold({ claims: claimsOf(his, 4), user: "bob" });
      await say(scene.store, { kind: "credit", window: day(), amount: 50 });
      await say(scene.store, { kind: "credit", window: day({ subject: "bob" }), amount: 7 });
      const said = mergeAct("alice", "bob");
      const { line } = done(await scene.store.act(said));
      assert.deepEqual([line.kind, line.at, line.act], ["merge", NOON, said]);
      assert.deepEqual(
        moves(line.moved),
        new Map(
          his.map(({ family, start }, i) => [
            family,
            { start, spent: 10, held: 3, credit: i === 0 ? 50 : 0 },
          ]),
        ),
      );
      await all(scene, his, [30, 7]);
      await all(scene, hers, [0, 0]);
      const [today] = his;
      assert.ok(today);
      assert.equal((await stateOf(scene.store, today)).credit, 57);
      refused(await scene.reserve({ claims: claimsOf([today], 64, 43) }));
      held(await scene.reserve({ claims: claimsOf([today], 63, 43) }));
    });

    test("what is open ends where it went: settled, corrected, adjusted, released", async (scene) => {
      const holds = [];
      for (let i = 0; i < 3; i += 1) holds.push(await scene.hold({ claims: claimsOf(hers, 60) }));
      const [paid, adjusted, free] = holds;
      assert.ok(paid && adjusted && free);
      const before = await pay(scene, hers, 10);
      await pay(scene, his, 5);
      await merged(scene.store, "alice", "bob");
      await all(scene, his, [15, 180]);
      const reply = settled(await scene.store.settle(paid, charge(25, { known: "assumed" })));
      assert.deepEqual(
        reply.windows.map(({ family, spent, held: inHolds }) => [family, spent, inHolds]),
        his.map(({ family }) => [family, 40, 120]),
      );
      await scene.store.settle(paid, charge(20));
      await scene.store.settle(before, charge(9));
      await scene.store.settle(adjusted, charge(1));
      done(await scene.store.act(act({ kind: "adjustment", hold: adjusted, nano: 2 })));
      await scene.store.release(free);
      await all(scene, his, [5 + 20 + 9 + 2, 0]);
      await all(scene, hers, [0, 0]);
    });

    test("open holds are the other's, and are asked for again as they are", async (scene) => {
      const asked = request({ claims: claimsOf(hers, 60) });
      await scene.store.reserve(asked);
      await merged(scene.store, "alice", "bob");
      const [open] = await scene.store.holds({ expired: false, limit: 9 });
      assert.deepEqual([open?.id, open?.facts.user], [asked.hold, "bob"]);
      const again = held(await scene.store.reserve(asked));
      assert.deepEqual(
        again.windows.map(({ family, held: inHolds }) => [family, inHolds]),
        his.map(({ family }) => [family, 60]),
      );
    });

    test("into somebody of whom nothing is counted yet", async (scene) => {
      await pay(scene, hers, 10);
      await scene.hold({ claims: claimsOf(hers, 3) });
      await merged(scene.store, "alice", "bob");
      await all(scene, his, [10, 3]);
    });

    test("and somebody of whom nothing is counted", async (scene) => {
      await pay(scene, his, 10);
      const { moved } = await merged(scene.store, "alice", "bob");
      assert.equal(moves(moved).size, 0);
      await all(scene, his, [10, 0]);
    });

    test("a window that only one of them has begins for the other one with all that was", async (scene) => {
      const [today, forever] = [day({ subject: "bob" }), lifetime({ subject: "bob" })];
      const hourly = rolling(HOUR, { subject: "bob" });
      await pay(scene, hers, 10);
      await pay(scene, [today, hourly], 30);
      const open = await scene.hold({ claims: claimsOf(hers, 4) });
      const other = await scene.hold({ claims: claimsOf([today, hourly], 5), user: "bob" });
      await merged(scene.store, "alice", "bob");
      for (const window of [today, forever, hourly]) await scene.stands(window, 40, 9);
      await scene.store.settle(open, charge(2));
      await scene.store.settle(other, charge(3));
      for (const window of [today, forever, hourly]) await scene.stands(window, 45, 0);
    });

    test("tokens and runs come together as money does", async (scene) => {
      for (const subject of ["alice", "bob"]) {
        const claims = [
          claim(day({ subject, unit: "tokens" }), { limit: null, takes: 50 }),
          claim(day({ subject, unit: "runs" }), { limit: null, takes: 1 }),
        ];
        const hold = await scene.hold({ claims, user: subject, run: `run of ${subject}` });
        await scene.store.settle(hold, charge(1, { tokens: 40 }));
        await scene.hold({ claims, user: subject, run: `2nd run of ${subject}` });
      }
      await merged(scene.store, "alice", "bob");
      await scene.stands(day({ subject: "bob", unit: "tokens" }), 80, 100);
      await scene.stands(day({ subject: "bob", unit: "runs" }), 2, 2);
    });

    test("charges leave a rolling window in the order in which they came", async (scene) => {
      const [from, into] = [rolling(DAY), rolling(DAY, { subject: "bob" })];
      for (const [i, window] of [from, into, from, into].entries()) {
        scene.clock.set(NOON + i * HOUR);
        await pay(scene, [window], 10 ** i);
      }
      await merged(scene.store, "alice", "bob");
      for (const [i, spent] of [1111, 1110, 1100, 1000].entries()) {
        scene.clock.set(NOON + DAY + i * HOUR - 1);
        const state = await stateOf(scene.store, into);
        assert.deepEqual([state.spent, state.frees], [spent, NOON + DAY + i * HOUR]);
      }
      scene.clock.set(NOON + DAY + 3 * HOUR);
      await scene.stands(into, 0, 0);
    });

    test("what was held in a window that has ended settles there", async (scene) => {
      scene.clock.set(NOON - DAY);
      const yesterday = day({ at: NOON - DAY });
      const hold = await scene.hold({ claims: claimsOf([yesterday, lifetime()], 60) });
      scene.clock.set(NOON);
      await pay(scene, his, 5);
      await merged(scene.store, "alice", "bob");
      await scene.store.settle(hold, charge(40));
      await scene.stands(day({ subject: "bob" }), 5, 0);
      await scene.stands(lifetime({ subject: "bob" }), 45, 0);
      scene.clock.set(NOON - DAY);
      await scene.stands(yesterday, 40, 0);
    });

    test("a day of another zone goes into the day in force", async (scene) => {
      await pay(scene, [day({ zone: 5 })], 10);
      await pay(scene, [day({ subject: "bob" })], 20);
      const { moved } = await merged(scene.store, "alice", "bob");
      assert.deepEqual(
        moved?.map(({ start }) => start),
        [day().start],
      );
      await scene.stands(day({ subject: "bob" }), 30, 0);
    });

    test("a window of a clock that was ahead goes with the others", async (scene) => {
      scene.clock.set(NOON + 9 * DAY);
      await pay(scene, [ahead("alice")], 10);
      scene.clock.set(NOON);
      await pay(scene, [day({ subject: "bob" })], 20);
      await merged(scene.store, "alice", "bob");
      await scene.stands(day({ subject: "bob" }), 20, 0);
      scene.clock.set(NOON + 9 * DAY);
      await scene.stands(ahead("bob"), 10, 0);
      await scene.stands(ahead("alice"), 0, 0);
    });

    test("said many times at once, it is done once", async (scene) => {
      await pay(scene, hers, 10);
      const said = mergeAct("alice", "bob");
      const replies = await Promise.all(Array.from({ length: 20 }, () => scene.store.act(said)));
      assert.deepEqual(tally(replies), { done: 1, already: 19 });
      await all(scene, his, [10, 0]);
    });

    test("both into each other at once, one is", async (scene) => {
      await pay(scene, hers, 10);
      await pay(scene, his, 20);
      const replies = await Promise.all([
        scene.store.act(mergeAct("alice", "bob")),
        scene.store.act(mergeAct("bob", "alice")),
      ]);
      assert.deepEqual(tally(replies), { done: 1, refused: 1 });
      const sums = await scene.store.windows([day(), day({ subject: "bob" })]);
      assert.deepEqual(
        sums.map(({ spent }) => spent).toSorted((a, b) => a - b),
        [0, 30],
      );
    });

    test("at once with settles and reserves, nothing is lost and nothing added", async (scene) => {
      const { store } = scene;
      const subjects = [unsaid(ALICE)];
      const claims = claimsOf(hers, 10);
      const holds = await Promise.all(Array.from({ length: 40 }, () => scene.hold({ claims })));
      const [, ...rest] = await Promise.all([
        merged(store, "alice", "bob"),
        ...holds.map((hold, i) => store.settle(hold, charge(i))),
        ...Array.from({ length: 20 }, () => scene.reserve({ claims, subjects })),
      ]);
      const { held: granted = 0, settled: ended, settings = 0 } = tally(rest);
      assert.deepEqual([ended, granted + settings], [40, 20]);
      await all(scene, hers, [0, 0]);
      await all(scene, his, [(39 * 40) / 2, granted * 10]);
    });
  },
};
