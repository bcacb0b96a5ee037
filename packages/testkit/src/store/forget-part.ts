import assert from "node:assert/strict";
import type { Store, WindowAt } from "@assistants-budget/core/store";
import { act, done, forgotten, merged, say, settingsOf, unsaid } from "./acts.ts";
import { DAY, HOUR, NOON, charge, claim, day, lifetime, rolling } from "./requests.ts";
import {
  type Part,
  type Scene,
  already,
  held,
  refused,
  settled,
  stateOf,
  sumOf,
  tally,
} from "./scene.ts";
import { lease, run, save } from "./threads.ts";

/** Names that stand nowhere by chance. */
const NAME = "zoë.qx 17";
const OLD = "zoë.qx 03";
const PSEUDONYM = "forgotten-1";
const ZOE = { scope: "user", subject: NAME } as const;

const windowsOf = (subject: string) => [
  day({ subject }),
  lifetime({ subject }),
  rolling(DAY, { subject }),
];
const app = lifetime({ scope: "app", subject: "app" });

async function hold(scene: Scene, subject: string, takes: number): Promise<string> {
  const claims = [
    ...windowsOf(subject).map((window) => claim(window, { limit: null, cap: 100, takes })),
    claim(app, { limit: null, takes }),
  ];
  const names = { run: "run-z", thread: "thread-z" };
  return scene.hold({ claims, user: subject, ...names, thresholds: [500, 1000] });
}

async function pay(scene: Scene, subject: string, nano: number): Promise<string> {
  const id = await hold(scene, subject, nano);
  settled(await scene.store.settle(id, charge(nano, { known: "assumed" })));
  return id;
}

/** Everything that a store shows. */
async function shown(store: Store, windows: readonly WindowAt[]): Promise<string> {
  return JSON.stringify([
    await store.lines({}),
    await store.fullest({ limit: 99 }),
    await store.holds({ expired: false, limit: 99 }),
    (await store.windows(windows)).map((state) => state),
    await store.takeNotices({ owner: "scan", leaseMs: 1, limit: 99 }),
  ]);
}

/** A user who wishes to be forgotten. */
export const forgetPart: Part = {
  name: "forgetting a user",
  tests: (test) => {
    test("afterwards nothing shows the name, and the sums stay", async (scene) => {
      const { store, clock } = scene;
      clock.set(NOON - DAY);
      await say(store, {
        kind: "credit",
        window: day({ subject: OLD, at: NOON - DAY }),
        amount: 9,
      });
      clock.set(NOON);
      await pay(scene, OLD, 7);
      await merged(store, OLD, NAME);
      const paid = await pay(scene, NAME, 60);
      await store.settle(paid, charge(50));
      await say(store, { kind: "adjustment", hold: paid, nano: 55 });
      await say(store, { ...ZOE, kind: "limits", limits: ["$9/day"] });
      await say(store, { ...ZOE, kind: "freeze" });
      await say(store, { kind: "credit", window: day({ subject: NAME }), amount: 3 });
      await store.release(await hold(scene, NAME, 10));
      const before = await store.lines({});
      const states = await store.windows([...windowsOf(NAME), app]);
      await forgotten(store, NAME, PSEUDONYM);
      const windows = [...windowsOf(PSEUDONYM), app];
      const all = await shown(store, windows);
      for (const name of [NAME, OLD]) assert.equal(all.includes(name), false);
      const lines = await store.lines({});
      assert.equal(sumOf(lines), sumOf(before));
      assert.deepEqual(
        lines.slice(0, -1).map(({ id, kind, at }) => [id, kind, at]),
        before.map(({ id, kind, at }) => [id, kind, at]),
      );
      assert.deepEqual(
        (await store.windows(windows)).map(({ spent, held: inHolds, credit, frees }) => [
          spent,
          inHolds,
          credit,
          frees,
        ]),
        states.map(({ spent, held: inHolds, credit, frees }) => [spent, inHolds, credit, frees]),
      );
      for (const user of [NAME, OLD]) assert.deepEqual(await store.lines({ user }), []);
      assert.deepEqual(await store.lines({ user: PSEUDONYM }), lines);
    });

    test("the line tells of it without the name", async ({ store }) => {
      const said = act({ ...ZOE, kind: "forget", pseudonym: PSEUDONYM });
      assert.ok(said.kind === "forget");
      const { line } = done(await store.act(said));
      assert.deepEqual([line.kind, line.at], ["forget", NOON]);
      assert.deepEqual(line.act, { ...said, subject: PSEUDONYM });
      assert.deepEqual(await store.act(said), { kind: "already", line });
      assert.deepEqual(await store.lines({ user: PSEUDONYM }), [line]);
    });

    test("threads, items and runs are deleted, and nobody else's", async ({ store }) => {
      const own = { thread: "thread-z", user: NAME };
      await store.saveRun(save(run("run-z", own)));
      await store.saveRun(save(run("run-y", own), { append: [] }));
      await store.saveRun(save(run("run-1")));
      const opened = await store.openThread({ ...lease("run-2"), ...own });
      assert.ok(opened.kind === "open");
      await forgotten(store, NAME, PSEUDONYM);
      for (const user of [NAME, PSEUDONYM]) {
        const asked = { thread: "thread-z", user };
        assert.equal(await store.items(asked), undefined);
        assert.equal(await store.runs({ ...asked, limit: 9 }), undefined);
        for (const id of ["run-z", "run-y"]) assert.equal(await store.run({ id, user }), undefined);
        assert.deepEqual(await store.openThread({ ...lease("run-3"), ...asked }), {
          kind: "missing",
        });
      }
      const late = save(run("run-2", own), { fence: opened.fence, from: 1 });
      assert.deepEqual(await store.saveRun(late), { kind: "stale" });
      assert.equal(await store.run({ id: "run-2", user: NAME }), undefined);
      assert.equal((await store.items({ thread: "thread-1", user: "alice" }))?.length, 1);
    });

    test("the name begins anew, and who goes by old settings is told", async (scene) => {
      const { store } = scene;
      await pay(scene, NAME, 90);
      await say(store, { ...ZOE, kind: "limits", limits: ["$9/day"] });
      const { version } = await settingsOf(store, ZOE);
      await forgotten(store, NAME, PSEUDONYM);
      assert.deepEqual(await settingsOf(store, ZOE), unsaid(ZOE));
      const claims = windowsOf(NAME).map((window) => claim(window, { limit: 100, takes: 100 }));
      const stale = await scene.reserve({ claims, user: NAME, subjects: [{ ...ZOE, version }] });
      assert.ok(stale.kind === "settings");
      assert.deepEqual(stale.settings, [unsaid(ZOE)]);
      const { windows } = held(
        await scene.reserve({ claims, user: NAME, subjects: [unsaid(ZOE)] }),
      );
      assert.deepEqual(
        windows.map(({ spent, held: inHolds, credit }) => [spent, inHolds, credit]),
        windows.map(() => [0, 100, 0]),
      );
      await say(store, { ...ZOE, kind: "freeze" });
      assert.ok((await settingsOf(store, ZOE)).version > version);
      assert.equal((await store.lines({ user: NAME })).length, 1);
    });

    test("with an open hold nobody is forgotten", async (scene) => {
      const { store } = scene;
      const id = await hold(scene, NAME, 60);
      const said = act({ ...ZOE, kind: "forget", pseudonym: PSEUDONYM });
      assert.deepEqual(await store.act(said), { kind: "refused", reason: "open" });
      assert.deepEqual(await store.lines({}), []);
      await scene.stands(day({ subject: NAME }), 0, 60);
      await store.settle(id, charge(5));
      done(await store.act(said));
      await scene.stands(day({ subject: PSEUDONYM }), 5, 0);
      await scene.stands(day({ subject: NAME }), 0, 0);
    });

    test("what ended before is corrected and adjusted under the pseudonym", async (scene) => {
      const { store } = scene;
      const id = await pay(scene, NAME, 60);
      await forgotten(store, NAME, PSEUDONYM);
      scene.clock.advance(HOUR);
      const { line } = settled(await store.settle(id, charge(40)));
      assert.equal(line.facts.user, PSEUDONYM);
      done(await store.act(act({ kind: "adjustment", hold: id, nano: 45 })));
      assert.equal(already(await store.settle(id, charge(1)))?.facts.user, PSEUDONYM);
      for (const window of windowsOf(PSEUDONYM)) await scene.stands(window, 45, 0);
      for (const window of windowsOf(NAME)) await scene.stands(window, 0, 0);
      await scene.stands(app, 45, 0);
      assert.equal((await store.lines({ user: PSEUDONYM })).length, 4);
      assert.equal((await shown(store, [app])).includes(NAME), false);
    });

    for (const said of [NAME, OLD])
      test(`all names of a user are forgotten together: ${said === NAME ? "by the user's" : "by an alias"}`, async (scene) => {
        const { store } = scene;
        await pay(scene, OLD, 7);
        await pay(scene, NAME, 60);
        await store.saveRun(save(run("run-z", { thread: "thread-z", user: OLD })));
        await merged(store, OLD, NAME);
        await forgotten(store, said, PSEUDONYM);
        for (const subject of [NAME, OLD]) {
          const key = { scope: "user", subject };
          assert.deepEqual(await settingsOf(store, key), unsaid(key));
          assert.equal(await store.items({ thread: "thread-z", user: subject }), undefined);
          assert.equal((await shown(store, [app])).includes(subject), false);
        }
        for (const window of windowsOf(PSEUDONYM)) await scene.stands(window, 67, 0);
        assert.equal(sumOf(await store.lines({ user: PSEUDONYM })), 67);
      });

    test("under a pseudonym that was given before, sums come together", async (scene) => {
      const { store } = scene;
      await pay(scene, NAME, 10);
      await forgotten(store, NAME, PSEUDONYM);
      await pay(scene, NAME, 20);
      const id = await pay(scene, NAME, 3);
      await forgotten(store, NAME, PSEUDONYM);
      for (const window of windowsOf(PSEUDONYM)) await scene.stands(window, 33, 0);
      await store.settle(id, charge(1));
      for (const window of windowsOf(PSEUDONYM)) await scene.stands(window, 31, 0);
      assert.equal(sumOf(await store.lines({ user: PSEUDONYM })), 31);
    });

    test("nobody else is, however alike the names are", async (scene) => {
      const { store } = scene;
      const others = [`${NAME}2`, NAME.slice(0, -1), NAME.toUpperCase(), `user|${NAME}`];
      for (const subject of [NAME, ...others]) {
        await pay(scene, subject, 60);
        await say(store, { scope: "user", subject, kind: "freeze" });
        await say(store, { scope: "tenant", subject, kind: "freeze" });
      }
      await forgotten(store, NAME, PSEUDONYM);
      for (const subject of others) {
        await scene.stands(day({ subject }), 60, 0);
        assert.equal((await store.lines({ user: subject })).length, 2);
        assert.equal((await settingsOf(store, { scope: "user", subject })).frozen, true);
      }
      assert.equal((await settingsOf(store, { scope: "tenant", subject: NAME })).frozen, true);
    });

    test("somebody of whom nothing is known is forgotten, too", async ({ store }) => {
      await forgotten(store, NAME, PSEUDONYM);
      assert.equal((await store.lines({})).length, 1);
    });

    test("at once with reserves, either they are first or they begin anew", async (scene) => {
      const { store } = scene;
      await pay(scene, NAME, 60);
      const said = act({ ...ZOE, kind: "forget", pseudonym: PSEUDONYM });
      const claims = [claim(day({ subject: NAME }), { limit: null, takes: 1 })];
      const [reply, ...replies] = await Promise.all([
        store.act(said),
        ...Array.from({ length: 10 }, () => scene.reserve({ claims, user: NAME })),
      ]);
      assert.deepEqual(tally(replies), { held: 10 });
      const isDone = reply.kind === "done";
      const { spent, held: inHolds } = await stateOf(store, day({ subject: NAME }));
      assert.deepEqual([spent, inHolds], [isDone ? 0 : 60, 10]);
      refused(
        await scene.reserve({ claims: [claim(day({ subject: NAME }), { limit: 5, takes: 1 })] }),
      );
    });
  },
};
