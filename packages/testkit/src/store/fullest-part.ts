import assert from "node:assert/strict";
import type { WindowAt } from "@assistants-budget/core/store";
import { say } from "./acts.ts";
import { DAY, HOUR, NOON, charge, claim, day, lifetime, rolling } from "./requests.ts";
import type { Part, Scene } from "./scene.ts";

/** Spends and holds so much of a window with this cap. */
async function fill(
  scene: Scene,
  window: WindowAt,
  part: { readonly cap?: number; readonly spent?: number; readonly held?: number },
): Promise<void> {
  const { spent = 0, held = 0, ...rest } = part;
  const takes = (amount: number) => [claim(window, { limit: null, takes: amount, ...rest })];
  const user = window.subject;
  await scene.store.settle(await scene.hold({ claims: takes(spent), user }), charge(spent));
  if (held > 0) await scene.hold({ claims: takes(held), user });
}

async function subjects(scene: Scene, limit = 99, scope?: string): Promise<readonly string[]> {
  const found = await scene.store.fullest({ limit, ...(scope === undefined ? {} : { scope }) });
  return found.map(({ subject }) => subject);
}

const claimOf = (i: number) =>
  claim(day({ subject: `user-${i}` }), { limit: null, cap: 1000, takes: (i * 7) % 501 });

/** Which windows fill up. */
export const fullestPart: Part = {
  name: "the fullest windows",
  tests: (test) => {
    test("the fullest comes first, by what is spent and held of its cap", async (scene) => {
      await fill(scene, day({ subject: "half" }), { cap: 1000, spent: 500 });
      await fill(scene, day({ subject: "over" }), { cap: 10, spent: 15 });
      await fill(scene, day({ subject: "most" }), { cap: 100, spent: 10, held: 80 });
      await fill(scene, day({ subject: "none" }), { cap: 100 });
      await fill(scene, day({ subject: "uncapped" }), { spent: 1_000_000 });
      assert.deepEqual(await subjects(scene), ["over", "most", "half", "none"]);
      assert.deepEqual(await subjects(scene, 2), ["over", "most"]);
      const [, most] = await scene.store.fullest({ limit: 2 });
      const window = day({ subject: "most" });
      assert.deepEqual(most, { ...window, spent: 10, held: 80, credit: 0, cap: 100 });
    });

    test("where nothing is capped there is none", async (scene) => {
      assert.deepEqual(await scene.store.fullest({ limit: 9 }), []);
      await fill(scene, day(), { spent: 10 });
      assert.deepEqual(await scene.store.fullest({ limit: 9 }), []);
    });

    test("of one scope, if asked", async (scene) => {
      await fill(scene, day({ subject: "alice" }), { cap: 100, spent: 10 });
      await fill(scene, day({ scope: "tenant", subject: "acme" }), { cap: 100, spent: 90 });
      assert.deepEqual(await subjects(scene, 9, "user"), ["alice"]);
      assert.deepEqual(await subjects(scene, 9, "tenant"), ["acme"]);
      assert.deepEqual(await subjects(scene, 9, "app"), []);
    });

    test("each window stands for itself, and only while it is in force", async (scene) => {
      await fill(scene, day(), { cap: 100, spent: 80 });
      await fill(scene, lifetime({ subject: "bob" }), { cap: 100, spent: 20 });
      scene.clock.advance(DAY);
      await fill(scene, day({ at: NOON + DAY }), { cap: 100, spent: 5 });
      const found = await scene.store.fullest({ limit: 9 });
      assert.deepEqual(
        found.map(({ period, spent }) => [period, spent]),
        [
          ["lifetime", 20],
          ["day", 5],
        ],
      );
    });

    test("a credit makes room, and the cap that was claimed last counts", async (scene) => {
      await fill(scene, day({ subject: "a" }), { cap: 100, spent: 80 });
      await fill(scene, day({ subject: "b" }), { cap: 100, spent: 50 });
      await say(scene.store, { kind: "credit", window: day({ subject: "a" }), amount: 100 });
      assert.deepEqual(await subjects(scene), ["b", "a"]);
      await fill(scene, day({ subject: "b" }), { cap: 1000 });
      assert.deepEqual(await subjects(scene), ["a", "b"]);
      await fill(scene, day({ subject: "a" }), {});
      assert.deepEqual(await subjects(scene), ["a", "b"]);
    });

    test("what has left a rolling window does not fill it", async (scene) => {
      await fill(scene, rolling(HOUR, { subject: "a" }), { cap: 100, spent: 90 });
      scene.clock.advance(HOUR);
      await fill(scene, rolling(HOUR, { subject: "b" }), { cap: 100, spent: 10 });
      const found = await scene.store.fullest({ limit: 9 });
      assert.deepEqual(
        found.map(({ subject, spent }) => [subject, spent]),
        [
          ["b", 10],
          ["a", 0],
        ],
      );
    });

    test("of many the right ones", async (scene) => {
      await Promise.all(
        Array.from({ length: 500 }, (_, i) => scene.reserve({ claims: [claimOf(i)] })),
      );
      const found = await scene.store.fullest({ limit: 3 });
      const amounts = Array.from({ length: 500 }, (_, i) => (i * 7) % 501);
      assert.deepEqual(
        found.map(({ held }) => held),
        amounts.toSorted((a, b) => b - a).slice(0, 3),
      );
    });
  },
};
