import assert from "node:assert/strict";
import type { ReserveReply } from "@assistants-budget/core/store";
import { ALICE, BOB, say, settingsOf, unsaid, versionOf } from "./acts.ts";
import { DAY, NOON, charge, claim, day, request } from "./requests.ts";
import { type Part, held, refused, stateOf } from "./scene.ts";

const claims = [claim(day(), { limit: 100, takes: 10 })];
const tenant = { scope: "tenant", subject: "alice" };

function told(reply: ReserveReply): Extract<ReserveReply, { kind: "settings" }> {
  assert.equal(reply.kind, "settings");
  return reply;
}

/** What operators have said, and that nobody is granted anything by what they said before. */
export const settingsPart: Part = {
  name: "settings",
  tests: (test) => {
    test("where nobody has said anything there is nothing, in the order asked for", async (scene) => {
      assert.deepEqual(await scene.store.settings([BOB, tenant, ALICE]), [
        unsaid(BOB),
        unsaid(tenant),
        unsaid(ALICE),
      ]);
      assert.deepEqual(await scene.store.settings([]), []);
      held(await scene.reserve({ claims, subjects: [unsaid(ALICE), unsaid(tenant)] }));
    });

    test("a reserve by the settings that are stored is decided", async ({ store, reserve }) => {
      await say(store, { ...ALICE, kind: "limits", limits: ["$5/day"] });
      const subjects = [await versionOf(store, ALICE), unsaid(tenant)];
      held(await reserve({ claims, subjects }));
      const most = [claim(day(), { limit: 100, takes: 91 })];
      refused(await reserve({ claims: most, subjects }));
    });

    test("one by others is told those that differ, and nothing changes", async (scene) => {
      const { store } = scene;
      await say(store, { ...ALICE, kind: "limits", limits: ["$5/day"] });
      const before = await versionOf(store, ALICE);
      await say(store, { ...ALICE, kind: "freeze" });
      await say(store, { ...tenant, kind: "limits", limits: "unlimited" });
      const subjects = [before, unsaid(BOB), unsaid(tenant)];
      const asked = request({ claims, subjects });
      assert.deepEqual(told(await store.reserve(asked)), {
        kind: "settings",
        settings: [await settingsOf(store, ALICE), await settingsOf(store, tenant)],
        now: NOON,
      });
      await scene.stands(day(), 0, 0);
      assert.deepEqual(await store.holds({ expired: false, limit: 9 }), []);
      assert.equal((await store.settle(asked.hold, charge(1))).kind, "unknown");
      const now = [await versionOf(store, ALICE), unsaid(BOB), await versionOf(store, tenant)];
      held(await store.reserve({ ...asked, subjects: now }));
    });

    test("also one by settings that nobody has made", async ({ store, reserve }) => {
      const reply = told(await reserve({ claims, subjects: [{ ...ALICE, version: 7 }] }));
      assert.deepEqual(reply.settings, [unsaid(ALICE)]);
      assert.deepEqual(await settingsOf(store, ALICE), unsaid(ALICE));
    });

    test("settings come before windows and limits", async ({ store, reserve }) => {
      await say(store, { ...ALICE, kind: "freeze" });
      const subjects = [unsaid(ALICE)];
      const yesterday = claim(day({ at: NOON - DAY }), { limit: 100 });
      told(await reserve({ claims: [yesterday], subjects }));
      told(await reserve({ claims: [claim(day(), { limit: 1, takes: 2 })], subjects }));
    });

    test("a hold that there is asks nobody again", async ({ store, stands }) => {
      const [open, ended] = [
        request({ claims, subjects: [unsaid(ALICE)] }),
        request({ claims, subjects: [unsaid(ALICE)] }),
      ];
      await store.reserve(open);
      await store.reserve(ended);
      await store.settle(ended.hold, charge(3));
      await say(store, { ...ALICE, kind: "freeze" });
      held(await store.reserve(open));
      assert.deepEqual(await store.reserve(ended), { kind: "ended", now: NOON });
      await stands(day(), 3, 10);
    });

    test("a frozen subject's holds settle as they would have", async ({ store, hold, stands }) => {
      const id = await hold({ claims, subjects: [unsaid(ALICE)] });
      await say(store, { ...ALICE, kind: "freeze" });
      assert.equal((await store.settle(id, charge(7))).kind, "settled");
      await stands(day(), 7, 0);
    });

    test("of reserves that race an act, none is granted after it was answered", async (scene) => {
      const { store } = scene;
      let answered = false;
      let heldThen = 0;
      const wide = [claim(day(), { limit: 1_000_000, takes: 1 })];
      const outcomes: { readonly late: boolean; readonly kind: string }[] = [];
      const many = async () => {
        for (let i = 0; i < 10; i += 1) {
          const late = answered;
          const { kind } = await scene.reserve({ claims: wide, subjects: [unsaid(ALICE)] });
          outcomes.push({ late, kind });
        }
      };
      const freeze = async () => {
        await scene.reserve({ claims: wide, subjects: [unsaid(ALICE)] });
        await say(store, { ...ALICE, kind: "freeze" });
        answered = true;
        ({ held: heldThen } = await stateOf(store, day()));
      };
      await Promise.all([
        ...Array.from({ length: 5 }, many),
        freeze(),
        ...Array.from({ length: 5 }, many),
      ]);
      await many();
      const granted = outcomes.filter(({ kind }) => kind === "held");
      assert.equal(
        granted.some(({ late }) => late),
        false,
      );
      assert.ok(outcomes.every(({ kind }) => kind === "held" || kind === "settings"));
      assert.ok(outcomes.slice(-10).every(({ late, kind }) => late && kind === "settings"));
      await scene.stands(day(), 0, granted.length + 1);
      await scene.stands(day(), 0, heldThen);
    });
  },
};
