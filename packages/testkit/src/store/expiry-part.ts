import assert from "node:assert/strict";
import { MINUTE, NOON, charge, claim, day, request } from "./requests.ts";
import { type Part, held, refused, settled } from "./scene.ts";

const claims = [claim(day(), { limit: 100, takes: 60 })];
const ids = (holds: readonly { readonly id: string }[]) => holds.map(({ id }) => id);

/** Signs of life, and what is listed when they end. */
export const expiryPart: Part = {
  name: "expiry and renewal",
  tests: (test) => {
    test("a hold is listed from the moment that it expires, and not before", async (scene) => {
      const { store, clock } = scene;
      const hold = await scene.hold({ claims, ttlMs: MINUTE });
      const expired = async () => ids(await store.holds({ expired: true, limit: 10 }));
      assert.deepEqual(await expired(), []);
      clock.set(NOON + MINUTE - 1);
      assert.deepEqual(await expired(), []);
      clock.set(NOON + MINUTE);
      assert.deepEqual(await expired(), [hold]);
    });

    test("expired, its money stays held", async ({ hold, reserve, clock, stands }) => {
      await hold({ claims, ttlMs: MINUTE });
      clock.advance(60 * MINUTE);
      await stands(day(), 0, 60);
      refused(await reserve({ claims }));
    });

    test("expired, it may still be settled, once", async ({ hold, store, clock, stands }) => {
      const id = await hold({ claims, ttlMs: MINUTE });
      clock.advance(60 * MINUTE);
      settled(await store.settle(id, charge(25)));
      assert.deepEqual(await store.holds({ expired: true, limit: 10 }), []);
      await stands(day(), 25, 0);
    });

    test("renewed, it is not listed", async ({ hold, store, clock }) => {
      const [renewed, left] = [
        await hold({ claims: [], ttlMs: MINUTE }),
        await hold({ claims: [], ttlMs: MINUTE }),
      ];
      clock.advance(MINUTE / 2);
      assert.deepEqual(await store.renew([renewed], MINUTE), [renewed]);
      clock.advance(MINUTE / 2);
      assert.deepEqual(ids(await store.holds({ expired: true, limit: 10 })), [left]);
      const open = await store.holds({ expired: false, limit: 10 });
      assert.equal(open.find(({ id }) => id === renewed)?.expiresAt, NOON + MINUTE / 2 + MINUTE);
      clock.advance(MINUTE / 2);
      assert.equal((await store.holds({ expired: true, limit: 10 })).length, 2);
    });

    test("renewing says which are still open", async ({ hold, store }) => {
      const wishes = [{ claims: [] }, { claims: [] }, { claims: [] }, { claims: [] }];
      const [a = "", b = "", c = "", d = ""] = await Promise.all(wishes.map(hold));
      await store.settle(b, charge(1));
      await store.release(c);
      assert.deepEqual(await store.renew([a, b, "no-such-hold", c, d], MINUTE), [a, d]);
      assert.deepEqual(await store.renew([], MINUTE), []);
    });

    test("renewed late, it lives again: nobody has ended it", async ({ hold, store, clock }) => {
      const id = await hold({ claims, ttlMs: MINUTE });
      clock.advance(10 * MINUTE);
      assert.deepEqual(await store.renew([id], MINUTE), [id]);
      assert.deepEqual(await store.holds({ expired: true, limit: 10 }), []);
    });

    test("renewing holds nothing twice", async ({ hold, store, stands }) => {
      const id = await hold({ claims });
      await store.renew([id, id], MINUTE);
      await stands(day(), 0, 60);
    });

    test("the oldest come first, and no more than asked for", async ({ hold, store, clock }) => {
      const made: string[] = [];
      for (let i = 0; i < 5; i += 1) {
        made.push(await hold({ claims: [] }));
        clock.advance(1000);
      }
      clock.advance(MINUTE);
      assert.deepEqual(ids(await store.holds({ expired: true, limit: 10 })), made);
      assert.deepEqual(ids(await store.holds({ expired: true, limit: 2 })), made.slice(0, 2));
      assert.deepEqual(ids(await store.holds({ expired: false, limit: 3 })), made.slice(0, 3));
    });

    test("a lease belongs to one owner until it runs out", async ({ store, clock }) => {
      const lease = (owner: string, name = "sweep") => store.lease({ name, owner, ttlMs: MINUTE });
      assert.equal(await lease("a"), true);
      assert.equal(await lease("b"), false);
      assert.equal(await lease("b", "another"), true);
      clock.advance(MINUTE / 2);
      assert.equal(await lease("a"), true);
      clock.advance(MINUTE - 1);
      assert.equal(await lease("b"), false);
      clock.advance(1);
      assert.equal(await lease("b"), true);
      assert.equal(await lease("a"), false);
    });

    test("asked for by many at once, a lease goes to one", async ({ store }) => {
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          store.lease({ name: "sweep", owner: `process-${i}`, ttlMs: MINUTE }),
        ),
      );
      assert.equal(taken.filter(Boolean).length, 1);
    });

    test("an attached response id outlives a renewal", async ({ store, hold }) => {
      const id = await hold({ claims: [] });
      await store.attach(id, "resp_1");
      await store.renew([id], MINUTE);
      const [open] = await store.holds({ expired: false, limit: 1 });
      assert.equal(open?.responseId, "resp_1");
      held(await store.reserve(request({ claims: [], hold: id })));
    });
  },
};
