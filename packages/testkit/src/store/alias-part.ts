import assert from "node:assert/strict";
import type { ActReply } from "@assistants-budget/core/store";
import { ALICE, BOB, act, done, merged, say, settingsOf, unsaid } from "./acts.ts";
import { CAROL, all, claimsOf, hers, his, mergeAct, pay } from "./merging.ts";
import { HOUR, charge, day, lifetime, rolling } from "./requests.ts";
import { type Part, held, settled, stateOf, sumOf } from "./scene.ts";

/** The name that a user leaves behind, and whose all is by then. */
export const aliasPart: Part = {
  name: "aliases",
  tests: (test) => {
    test("the settings are the other's; who goes by the old ones is told", async (scene) => {
      const { store } = scene;
      await say(store, { ...ALICE, kind: "limits", limits: ["$9/day"] });
      await say(store, { ...BOB, kind: "limits", limits: ["$1/day"] });
      const [alice, bob] = await store.settings([ALICE, BOB]);
      assert.ok(alice && bob);
      await merged(store, "alice", "bob");
      const { version, ...after } = await settingsOf(store, ALICE);
      assert.deepEqual(after, { ...ALICE, alias: "bob" });
      assert.ok(version > bob.version);
      assert.deepEqual(await settingsOf(store, BOB), bob);
      const subjects = [
        { ...ALICE, version: alice.version },
        { ...BOB, version: bob.version },
      ];
      const reply = await scene.reserve({ claims: claimsOf(hers, 1), subjects });
      assert.ok(reply.kind === "settings");
      assert.deepEqual(reply.settings, [{ ...ALICE, version, alias: "bob" }]);
      await all(scene, hers, [0, 0]);
    });

    test("what is said of an alias is said of its user", async (scene) => {
      const { store } = scene;
      await merged(store, "alice", "bob");
      const alias = await settingsOf(store, ALICE);
      await say(store, { ...ALICE, kind: "limits", limits: ["$9/day"] });
      await say(store, { ...ALICE, kind: "freeze" });
      const { limits, frozen } = await settingsOf(store, BOB);
      assert.deepEqual([limits, frozen], [["$9/day"], true]);
      assert.deepEqual(await settingsOf(store, ALICE), alias);
      const credit = act({ kind: "credit", window: day(), amount: 50 });
      assert.equal(done(await store.act(credit)).window?.family, day({ subject: "bob" }).family);
      assert.equal((await stateOf(store, day({ subject: "bob" }))).credit, 50);
      assert.equal((await store.lines({ user: "bob" })).length, 4);
    });

    test("lines are the other's, under either name", async (scene) => {
      const { store } = scene;
      await pay(scene, hers, 10);
      await say(store, { ...ALICE, kind: "freeze" });
      await pay(scene, [day({ subject: "carol" })], 1);
      await pay(scene, his, 20);
      const open = await scene.hold({ claims: claimsOf(hers, 60) });
      await merged(store, "alice", "bob");
      const late = settled(await store.settle(open, charge(5)));
      const ids = async (user: string) => (await store.lines({ user })).map(({ id }) => id);
      const found = await ids("bob");
      assert.deepEqual(await ids("alice"), found);
      assert.deepEqual([found.length, found.at(-1)], [5, late.line.id]);
      assert.equal(sumOf(await store.lines({ user: "bob" })), 35);
      assert.deepEqual(
        (await store.lines({ user: "alice", after: found[2] ?? "", limit: 1 })).map(({ id }) => id),
        [found[3]],
      );
    });

    test("a period that begins after it begins with what both have spent", async (scene) => {
      await pay(scene, hers, 10);
      await pay(scene, his, 20);
      await merged(scene.store, "alice", "bob");
      const hourly = rolling(HOUR, { subject: "bob" });
      const { windows } = held(await scene.reserve({ claims: claimsOf([hourly], 0), user: "bob" }));
      assert.equal(windows[0]?.spent, 30);
    });

    test("merged on, all names are the last one's", async (scene) => {
      const { store } = scene;
      const open = await scene.hold({ claims: claimsOf(hers, 60) });
      const charged = await pay(scene, hers, 10);
      await pay(scene, his, 20);
      await merged(store, "alice", "bob");
      await merged(store, "bob", "carol");
      for (const key of [ALICE, BOB]) assert.equal((await settingsOf(store, key)).alias, "carol");
      assert.deepEqual(await settingsOf(store, CAROL), unsaid(CAROL));
      const last = [day({ subject: "carol" }), lifetime({ subject: "carol" })];
      await all(scene, last, [30, 60]);
      await store.settle(open, charge(5));
      await store.settle(charged, charge(1));
      await all(scene, last, [26, 0]);
      for (const user of ["alice", "bob", "carol"])
        assert.equal(sumOf(await store.lines({ user })), 26);
    });

    test("into an alias it goes to whom that stands for", async (scene) => {
      const { store } = scene;
      await pay(scene, [day({ subject: "carol" })], 10);
      await merged(store, "alice", "bob");
      await merged(store, "carol", "alice");
      assert.equal((await settingsOf(store, CAROL)).alias, "bob");
      await scene.stands(day({ subject: "bob" }), 10, 0);
    });

    test("nobody is merged into himself, and no alias is merged again", async (scene) => {
      const { store } = scene;
      await pay(scene, hers, 10);
      const refusal: ActReply = { kind: "refused", reason: "alias" };
      assert.deepEqual(await store.act(mergeAct("alice", "alice")), refusal);
      await merged(store, "alice", "bob");
      const lines = await store.lines({});
      for (const [subject, into] of [
        ["alice", "carol"],
        ["alice", "bob"],
        ["alice", "alice"],
        ["bob", "alice"],
        ["bob", "bob"],
      ] as const)
        assert.deepEqual(await store.act(mergeAct(subject, into)), refusal);
      assert.deepEqual(await store.lines({}), lines);
      await all(scene, his, [10, 0]);
    });
  },
};
