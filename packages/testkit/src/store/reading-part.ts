import assert from "node:assert/strict";
import { MINUTE, NOON, charge, claim, day, lifetime, request } from "./requests.ts";
import { type Part, settled } from "./scene.ts";

/** What is written about holds and charges, and how it is read. */
export const readingPart: Part = {
  name: "lines, holds, windows",
  tests: (test) => {
    test("a line says whose, when, how much, and how that is known", async (scene) => {
      const asked = request({ claims: [claim(day(), { limit: 100, takes: 60 })], user: "zoë 🦊" });
      await scene.store.reserve(asked);
      scene.clock.advance(MINUTE);
      const paid = charge(25, {
        tokens: 12,
        responseId: "resp_1",
        known: "counted",
        cause: 'usage was "missing"\nin the answer',
      });
      const { line } = settled(await scene.store.settle(asked.hold, paid));
      const { id, ...rest } = line;
      assert.equal(typeof id, "string");
      assert.deepEqual(rest, {
        hold: asked.hold,
        kind: "charge",
        at: NOON + MINUTE,
        charge: paid,
        facts: asked.facts,
        ceiling: 60,
      });
      assert.deepEqual(await scene.store.lines({}), [line]);
    });

    test("lines come as they were written, by user, by run, page by page", async (scene) => {
      const written: string[] = [];
      for (const [user, run] of [
        ["alice", "run-1"],
        ["bob", "run-2"],
        ["alice", "run-3"],
        ["alice", "run-1"],
        ["bob", "run-4"],
      ] as const) {
        const hold = await scene.hold({ claims: [], user, run });
        written.push(settled(await scene.store.settle(hold, charge(1))).line.id);
      }
      const ids = async (query: Parameters<typeof scene.store.lines>[0]) =>
        (await scene.store.lines(query)).map(({ id }) => written.indexOf(id));
      assert.equal(new Set(written).size, 5);
      assert.deepEqual(await ids({}), [0, 1, 2, 3, 4]);
      assert.deepEqual(await ids({ user: "alice" }), [0, 2, 3]);
      assert.deepEqual(await ids({ run: "run-1" }), [0, 3]);
      assert.deepEqual(await ids({ user: "bob", run: "run-1" }), []);
      assert.deepEqual(await ids({ limit: 2 }), [0, 1]);
      assert.deepEqual(await ids({ after: written[1] ?? "", limit: 2 }), [2, 3]);
      assert.deepEqual(await ids({ after: written[0] ?? "", user: "alice" }), [2, 3]);
      assert.deepEqual(await ids({ after: written[4] ?? "" }), []);
    });

    test("an open hold tells all that recovery needs", async ({ store }) => {
      const asked = request({
        claims: [claim(day(), { limit: 100, takes: 10, perToken: 2 })],
        min: 1,
        max: 20,
        owner: "process-9",
      });
      await store.reserve(asked);
      const open = {
        id: asked.hold,
        owner: "process-9",
        facts: asked.facts,
        ceiling: 50,
        tokens: 27,
        outputTokens: 20,
        createdAt: NOON,
        expiresAt: NOON + MINUTE,
      };
      assert.deepEqual(await store.holds({ expired: false, limit: 10 }), [open]);
      await store.attach(asked.hold, "resp_1");
      assert.deepEqual(await store.holds({ expired: false, limit: 10 }), [
        { ...open, responseId: "resp_1" },
      ]);
    });

    test("an ended hold is no open hold", async ({ store, hold }) => {
      const [settledHold, releasedHold] = [await hold({ claims: [] }), await hold({ claims: [] })];
      await store.settle(settledHold, charge(1));
      await store.release(releasedHold);
      assert.deepEqual(await store.holds({ expired: false, limit: 10 }), []);
    });

    test("a response id for a hold that is not there is no error", async ({ store, hold }) => {
      await store.attach("no-such-hold", "resp_1");
      const ended = await hold({ claims: [] });
      await store.release(ended);
      await store.attach(ended, "resp_1");
      assert.deepEqual(await store.holds({ expired: false, limit: 10 }), []);
    });

    test("windows come in the order asked for, and reading changes nothing", async (scene) => {
      const { store } = scene;
      const hold = await scene.hold({ claims: [claim(day(), { limit: 100, takes: 60 })] });
      const asked = [lifetime({ subject: "bob" }), day(), day({ unit: "runs" }), day()];
      const read = () => store.windows(asked);
      const found = await read();
      assert.deepEqual(
        found.map(({ family, held }) => [family, held]),
        asked.map(({ family }, i) => [family, i % 2 === 0 ? 0 : 60]),
      );
      assert.deepEqual(await read(), found);
      assert.deepEqual(await store.windows([]), []);
      assert.equal((await store.settle(hold, charge(1))).kind, "settled");
    });
  },
};
