import assert from "node:assert/strict";
import type {
  Notice,
  ReserveReply,
  SettleReply,
  Store,
  WindowAt,
} from "@assistants-budget/core/store";
import { act, done, say } from "./acts.ts";
import { DAY, HOUR, MINUTE, NOON, charge, claim, day, lifetime, rolling } from "./requests.ts";
import { type Part, type Scene, refused, settled } from "./scene.ts";

const thresholds = [500, 800, 1000];
const LEASE = MINUTE;

async function take(store: Store, owner = "a", limit = 99): Promise<readonly Notice[]> {
  return store.takeNotices({ owner, leaseMs: LEASE, limit });
}

/** The thresholds of notices that are new, which are then dropped. */
async function told(store: Store): Promise<readonly number[]> {
  const notices = await take(store);
  for (const { id } of notices) await store.dropNotice(id);
  return notices.map(({ threshold }) => threshold);
}

interface Paying {
  readonly window?: WindowAt;
  readonly cap?: number;
}

async function pay(scene: Scene, nano: number, rest: Paying = {}): Promise<SettleReply> {
  const { window = day(), cap = 100 } = rest;
  const claims = [claim(window, { limit: null, cap })];
  return scene.store.settle(await scene.hold({ claims, thresholds }), charge(nano));
}

function isNoticed(reply: SettleReply | ReserveReply): boolean {
  return "noticed" in reply && reply.noticed;
}

/** What is told of windows that fill up. */
export const noticesPart: Part = {
  name: "notices",
  tests: (test) => {
    test("a charge that brings a window to a threshold writes a notice", async (scene) => {
      assert.equal("noticed" in settled(await pay(scene, 49)), false);
      assert.deepEqual(await take(scene.store), []);
      scene.clock.advance(MINUTE);
      assert.equal(isNoticed(await pay(scene, 1)), true);
      const [notice, ...more] = await take(scene.store);
      assert.ok(notice);
      const { id, ...rest } = notice;
      assert.equal(typeof id, "string");
      assert.deepEqual(rest, {
        at: NOON + MINUTE,
        threshold: 500,
        window: day(),
        limit: 100,
        spent: 50,
      });
      assert.deepEqual(more, []);
    });

    test("each threshold once, and more than one at a time if need be", async (scene) => {
      assert.equal(isNoticed(await pay(scene, 60)), true);
      assert.equal(isNoticed(await pay(scene, 10)), false);
      assert.deepEqual(await told(scene.store), [500]);
      assert.equal(isNoticed(await pay(scene, 300)), true);
      assert.deepEqual(await told(scene.store), [800, 1000]);
      assert.equal(isNoticed(await pay(scene, 300)), false);
      assert.deepEqual(await told(scene.store), []);
    });

    test("of 100 charges at once each threshold is noticed once", async (scene) => {
      const claims = [claim(day(), { limit: null, cap: 100 })];
      const holds = await Promise.all(
        Array.from({ length: 100 }, () => scene.hold({ claims, thresholds })),
      );
      const replies = await Promise.all(holds.map((hold) => scene.store.settle(hold, charge(1))));
      assert.equal(replies.filter(isNoticed).length, 3);
      assert.deepEqual(await told(scene.store), thresholds);
    });

    test("only what is spent counts, of windows with a cap, if anybody asks", async (scene) => {
      const windows = ["alice", "bob", "carol"].map((subject) => day({ subject }));
      const [held, uncapped, unasked] = await Promise.all(
        windows.map((window, i) =>
          scene.hold({
            claims: [claim(window, { limit: null, takes: 90, ...(i === 1 ? {} : { cap: 100 }) })],
            user: window.subject,
            ...(i === 2 ? {} : { thresholds }),
          }),
        ),
      );
      assert.ok(held && uncapped && unasked);
      await scene.store.settle(uncapped, charge(100));
      await scene.store.settle(unasked, charge(100));
      assert.deepEqual(await take(scene.store), []);
    });

    test("each window of a hold has its own cap", async (scene) => {
      const claims = [
        claim(day(), { limit: null, cap: 100 }),
        claim(lifetime(), { limit: null, cap: 1000 }),
        claim(rolling(HOUR), { limit: null, cap: 60 }),
      ];
      await scene.store.settle(await scene.hold({ claims, thresholds }), charge(50));
      const notices = await take(scene.store);
      const about = (window: WindowAt) =>
        notices
          .filter((notice) => notice.window.family === window.family)
          .map(({ threshold, limit, spent }) => [threshold, limit, spent]);
      assert.deepEqual(about(day()), [[500, 100, 50]]);
      assert.deepEqual(about(lifetime()), []);
      assert.deepEqual(about(rolling(HOUR)), [
        [500, 60, 50],
        [800, 60, 50],
      ]);
      assert.equal(new Set(notices.map(({ id }) => id)).size, 3);
    });

    test("the next window is noticed anew", async (scene) => {
      await pay(scene, 60);
      scene.clock.advance(DAY);
      assert.equal(isNoticed(await pay(scene, 60, { window: day({ at: NOON + DAY }) })), true);
      const notices = await take(scene.store);
      assert.deepEqual(
        notices.map(({ window, threshold }) => [window.start, threshold]),
        [
          [day().start, 500],
          [day().start + DAY, 500],
        ],
      );
      assert.equal(new Set(notices.map(({ id }) => id)).size, 2);
    });

    test("a raised cap arms the thresholds, a lowered one does not", async (scene) => {
      await pay(scene, 85);
      assert.deepEqual(await told(scene.store), [500, 800]);
      await pay(scene, 1, { cap: 90 });
      assert.deepEqual(await told(scene.store), []);
      await pay(scene, 4, { cap: 90 });
      assert.deepEqual(await told(scene.store), [1000]);
      await pay(scene, 1, { cap: 50 });
      assert.deepEqual(await told(scene.store), []);
      await pay(scene, 9, { cap: 200 });
      assert.deepEqual(await told(scene.store), [500]);
    });

    test("a credit arms them, too, and is part of the limit", async (scene) => {
      await pay(scene, 100);
      assert.deepEqual(await told(scene.store), thresholds);
      await say(scene.store, { kind: "credit", window: day(), amount: 100 });
      await pay(scene, 1);
      const [notice] = await take(scene.store);
      assert.deepEqual([notice?.threshold, notice?.limit, notice?.spent], [500, 200, 101]);
    });

    test("a refusal by a window that no step fits into any more notices all", async (scene) => {
      await pay(scene, 95);
      assert.deepEqual(await told(scene.store), [500, 800]);
      const claims = [claim(day(), { limit: 100, cap: 100, takes: 6 })];
      const reply = refused(await scene.reserve({ claims, thresholds }));
      assert.equal(reply.noticed, true);
      assert.deepEqual(await told(scene.store), [1000]);
      assert.equal("noticed" in refused(await scene.reserve({ claims, thresholds })), false);
      assert.deepEqual(await told(scene.store), []);
    });

    test("of many refusals at once, one does", async (scene) => {
      await pay(scene, 30);
      const claims = [claim(day(), { limit: 100, cap: 100, takes: 71 })];
      const replies = await Promise.all(
        Array.from({ length: 50 }, () => scene.reserve({ claims, thresholds })),
      );
      assert.equal(replies.filter(isNoticed).length, 1);
      assert.deepEqual(await told(scene.store), thresholds);
    });

    test("a refusal for what is held, for a lower limit, or of what never fits notices nothing", async (scene) => {
      await pay(scene, 40);
      await scene.hold({ claims: [claim(day(), { limit: 100, cap: 100, takes: 50 })] });
      for (const [limit, takes] of [
        [100, 20],
        [50, 30],
        [100, 101],
      ] as const) {
        const claims = [claim(day(), { limit, cap: 100, takes })];
        assert.equal(isNoticed(refused(await scene.reserve({ claims, thresholds }))), false);
      }
      assert.deepEqual(await take(scene.store), []);
    });

    test("corrections and adjustments notice, too, up and not down", async (scene) => {
      const claims = [claim(day(), { limit: null, cap: 100 })];
      const hold = await scene.hold({ claims, thresholds });
      await scene.store.settle(hold, charge(10, { known: "assumed" }));
      assert.equal(isNoticed(await scene.store.settle(hold, charge(55))), true);
      assert.deepEqual(await told(scene.store), [500]);
      for (const [nano, thresholdsTold] of [
        [85, [800]],
        [5, []],
        [85, []],
        [100, [1000]],
      ] as const) {
        done(await scene.store.act(act({ kind: "adjustment", hold, nano })));
        assert.deepEqual(await told(scene.store), thresholdsTold);
      }
    });

    test("a settle that is asked again notices nothing again", async (scene) => {
      const claims = [claim(day(), { limit: null, cap: 100 })];
      const hold = await scene.hold({ claims, thresholds });
      await scene.store.settle(hold, charge(60));
      assert.equal((await scene.store.settle(hold, charge(60))).kind, "already");
      assert.deepEqual(await told(scene.store), [500]);
    });

    test("a rolling window is noticed again after a period without a notice", async (scene) => {
      const window = rolling(HOUR);
      await pay(scene, 60, { window });
      scene.clock.advance(HOUR - 1);
      assert.equal(isNoticed(await pay(scene, 10, { window })), false);
      scene.clock.advance(1);
      assert.equal(isNoticed(await pay(scene, 60, { window })), true);
      const notices = await take(scene.store);
      assert.deepEqual(
        notices.map(({ threshold, spent }) => [threshold, spent]),
        [
          [500, 60],
          [500, 70],
        ],
      );
      assert.equal(new Set(notices.map(({ id }) => id)).size, 2);
    });

    test("a notice is leased to one, comes again, and goes when it is dropped", async (scene) => {
      const { store, clock } = scene;
      await pay(scene, 60);
      const first = await take(store, "a");
      assert.equal(first.length, 1);
      assert.deepEqual(await take(store, "b"), []);
      assert.deepEqual(await take(store, "a"), []);
      clock.advance(LEASE - 1);
      assert.deepEqual(await take(store, "b"), []);
      clock.advance(1);
      assert.deepEqual(await take(store, "b"), first);
      await store.dropNotice(first[0]?.id ?? "");
      clock.advance(LEASE);
      assert.deepEqual(await take(store, "a"), []);
      await store.dropNotice(first[0]?.id ?? "");
      await store.dropNotice("no-such-notice");
    });

    test("they come oldest first, so many at a time, each to one of many", async (scene) => {
      const { store, clock } = scene;
      const users = Array.from({ length: 12 }, (_, i) => `user-${i}`);
      for (const subject of users) {
        await pay(scene, 60, { window: day({ subject }) });
        clock.advance(1);
      }
      const one = await take(store, "a", 2);
      assert.deepEqual(
        one.map(({ window }) => window.subject),
        ["user-0", "user-1"],
      );
      const rest = await Promise.all(["b", "c", "d", "e"].map((owner) => take(store, owner, 3)));
      const all = [...one, ...rest.flat()].map(({ window }) => window.subject);
      assert.deepEqual(all.toSorted(), users.toSorted());
    });
  },
};
