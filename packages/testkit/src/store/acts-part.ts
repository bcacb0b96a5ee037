import assert from "node:assert/strict";
import { ALICE, BOB, act, done, say, settingsOf, unsaid } from "./acts.ts";
import { MINUTE, NOON, charge, claim, day } from "./requests.ts";
import { type Part, settled, tally } from "./scene.ts";

/** Limits and freezes that operators set, and the lines that tell of them. */
export const actsPart: Part = {
  name: "acts",
  tests: (test) => {
    test("limits are kept, replaced, lifted, and given back", async ({ store }) => {
      const versions: number[] = [];
      for (const limits of [["$5/day", "$50/month"], ["$1/day"], "unlimited", null] as const) {
        await say(store, { ...ALICE, kind: "limits", limits });
        const { version, ...rest } = await settingsOf(store, ALICE);
        assert.deepEqual(rest, { ...ALICE, ...(limits ? { limits } : {}) });
        versions.push(version);
      }
      assert.ok(versions.every((version) => version > 0));
      assert.deepEqual(
        versions,
        [...new Set(versions)].toSorted((a, b) => a - b),
      );
    });

    test("a freeze leaves the limits, and ends without them", async ({ store }) => {
      const limits = ["$5/day"];
      await say(store, { ...ALICE, kind: "limits", limits });
      await say(store, { ...ALICE, kind: "freeze" });
      const { version, ...frozen } = await settingsOf(store, ALICE);
      assert.deepEqual(frozen, { ...ALICE, limits, frozen: true });
      await say(store, { ...ALICE, kind: "limits", limits: null });
      assert.equal((await settingsOf(store, ALICE)).frozen, true);
      await say(store, { ...ALICE, kind: "unfreeze" });
      const after = await settingsOf(store, ALICE);
      assert.ok(after.version > version);
      assert.deepEqual(after, { ...ALICE, version: after.version });
    });

    test("each subject of each scope has its own", async ({ store }) => {
      const names = ["alice", "Alice", "alice ", "user|alice", "alice%", "alicе"];
      for (const [i, subject] of names.entries()) {
        await say(store, { scope: "user", subject, kind: "limits", limits: [`$${i + 1}/day`] });
        await say(store, { scope: "tenant", subject, kind: "limits", limits: [`$${i + 1}/month`] });
      }
      const asked = names.flatMap((subject) => [
        { scope: "user", subject },
        { scope: "tenant", subject },
      ]);
      const found = await store.settings(asked);
      assert.deepEqual(
        found.map(({ scope, subject, limits }) => [scope, subject, limits]),
        names.flatMap((subject, i) => [
          ["user", subject, [`$${i + 1}/day`]],
          ["tenant", subject, [`$${i + 1}/month`]],
        ]),
      );
    });

    test("an act writes a line with what was said", async ({ store, clock }) => {
      clock.advance(MINUTE);
      const said = act({ ...ALICE, kind: "limits", limits: ["$5/day"] });
      const { line } = done(await store.act(said));
      const { id, ...rest } = line;
      assert.equal(typeof id, "string");
      assert.deepEqual(rest, { kind: "limits", at: NOON + MINUTE, act: said });
      assert.deepEqual(await store.lines({}), [line]);
    });

    test("lines of acts and of steps stand in one order, by user, page by page", async (scene) => {
      const { store } = scene;
      const claims = [claim(day(), { limit: 100, takes: 10 })];
      const step = async () =>
        settled(await store.settle(await scene.hold({ claims }), charge(1))).line;
      const first = await step();
      const frozen = await say(store, { ...ALICE, kind: "freeze" });
      const other = await say(store, { ...BOB, kind: "freeze" });
      const namesake = await say(store, { scope: "tenant", subject: "alice", kind: "freeze" });
      const last = await step();
      assert.deepEqual(await store.lines({}), [first, frozen, other, namesake, last]);
      assert.deepEqual(await store.lines({ user: "alice" }), [first, frozen, last]);
      assert.deepEqual(await store.lines({ user: "bob" }), [other]);
      assert.deepEqual(await store.lines({ run: "run-1" }), [first, last]);
      assert.deepEqual(await store.lines({ after: frozen.id, limit: 2 }), [other, namesake]);
      assert.deepEqual(await store.lines({ after: first.id, user: "alice" }), [frozen, last]);
    });

    test("said again by its id it is done once", async ({ store, clock }) => {
      const said = act({ ...ALICE, kind: "limits", limits: ["$5/day"] });
      const { line } = done(await store.act(said));
      await say(store, { ...ALICE, kind: "freeze" });
      const after = await settingsOf(store, ALICE);
      clock.advance(MINUTE);
      assert.deepEqual(await store.act(said), { kind: "already", line });
      const other = act({ ...BOB, kind: "freeze", id: said.id });
      assert.deepEqual(await store.act(other), { kind: "already", line });
      assert.deepEqual(await settingsOf(store, ALICE), after);
      assert.deepEqual(await settingsOf(store, BOB), unsaid(BOB));
      assert.equal((await store.lines({})).length, 2);
    });

    test("said many times at once it is done once", async ({ store }) => {
      const said = act({ ...ALICE, kind: "freeze" });
      const replies = await Promise.all(Array.from({ length: 20 }, () => store.act(said)));
      assert.deepEqual(tally(replies), { done: 1, already: 19 });
      assert.equal((await store.lines({})).length, 1);
    });

    test("of many acts at once each has its line, and each change a version of its own", async (scene) => {
      const { store } = scene;
      const seen: number[] = [];
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          await say(store, { ...ALICE, kind: "limits", limits: [`$${i + 1}/day`] });
          seen.push((await settingsOf(store, ALICE)).version);
        }),
      );
      const lines = await store.lines({});
      assert.equal(lines.length, 20);
      const last = lines.at(-1);
      assert.ok(last && "act" in last && last.act.kind === "limits");
      const { limits, version } = await settingsOf(store, ALICE);
      assert.deepEqual(limits, last.act.limits);
      assert.equal(version, Math.max(...seen));
    });

    test("what an act does not speak of stays: windows, holds, other subjects", async (scene) => {
      const claims = [claim(day(), { limit: 100, takes: 10 })];
      await scene.store.settle(await scene.hold({ claims }), charge(4));
      await scene.hold({ claims });
      await say(scene.store, { ...ALICE, kind: "limits", limits: ["$0/day"] });
      await say(scene.store, { ...ALICE, kind: "freeze" });
      await scene.stands(day(), 4, 10);
      assert.deepEqual(await settingsOf(scene.store, BOB), unsaid(BOB));
    });
  },
};
