import assert from "node:assert/strict";
import { charge, claim, day, lifetime, request } from "./requests.ts";
import { type Part, held, refused, settled, stateOf, tally } from "./scene.ts";
import { message, run, save } from "./threads.ts";

/** Subjects that a careless store would mix up, or choke on. Each pair or group is of different people. */
const HOSTILE: readonly string[] = [
  "alice",
  "Alice",
  "ALICE",
  "alice ",
  " alice",
  "alice|",
  "user|usd|lifetime|alice",
  "usd|lifetime|alice",
  "alice:day",
  "{alice}",
  "alice}{",
  "a*",
  "a%",
  "a_ice",
  "al?ce",
  "[a-z]lice",
  "it's",
  "it''s",
  'say "hi"',
  "back\\slash",
  "`tick`",
  "'; DROP TABLE counters; --",
  "1 OR 1=1",
  "$1",
  "?1",
  ":name",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "null",
  "undefined",
  "0",
  "00",
  "1e3",
  "1000",
  "true",
  "\u00e9",
  "e\u0301",
  "\u03a3",
  "\u03c3",
  "\u03c2",
  "\u00df",
  "ss",
  "\u0130",
  "i",
  "\u{1f98a}",
  "\u{1f98a}\ufe0f",
  "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  "\u202eecila",
  "\u200balice",
  "\ufeffalice",
  "\u65e5\u672c\u8a9e",
  "line\nbreak",
  "line\r\nbreak",
  "tab\t",
  "a".repeat(255),
  "a".repeat(256),
  `${"a".repeat(255)}b`,
  "\u{1f98a}".repeat(128),
];

const MANY = 10_000;

/** Who is who. */
export const subjectsPart: Part = {
  name: "subjects",
  tests: (test) => {
    test("whatever their names, no two share a counter", async (scene) => {
      for (const [i, subject] of HOSTILE.entries()) {
        const window = lifetime({ subject });
        const takes = 1 + i;
        assert.deepEqual(await stateOf(scene.store, window), {
          ...window,
          spent: 0,
          held: 0,
          credit: 0,
        });
        await scene.hold({ claims: [claim(window, { limit: takes, takes })], user: subject });
      }
      const states = await scene.store.windows(HOSTILE.map((subject) => lifetime({ subject })));
      assert.deepEqual(
        states.map((state) => [state.subject, state.held]),
        HOSTILE.map((subject, i) => [subject, 1 + i]),
      );
    });

    test("nor a page of the ledger", async (scene) => {
      for (const user of HOSTILE) {
        const asked = request({ claims: [], user, hold: `hold of ${user}`, run: `run of ${user}` });
        await scene.store.reserve(asked);
        const { line } = settled(await scene.store.settle(asked.hold, charge(1)));
        assert.deepEqual(await scene.store.lines({ user }), [line]);
        assert.deepEqual(await scene.store.lines({ run: `run of ${user}` }), [line]);
      }
    });

    test("nor a hold", async (scene) => {
      const claims = [claim(lifetime(), { limit: null, takes: 1 })];
      const wishes = HOSTILE.map((hold) => request({ claims, hold }));
      assert.deepEqual(tally(await Promise.all(wishes.map((wish) => scene.store.reserve(wish)))), {
        held: HOSTILE.length,
      });
      const replies = await Promise.all(HOSTILE.map((hold) => scene.store.settle(hold, charge(1))));
      assert.deepEqual(tally(replies), { settled: HOSTILE.length });
      await scene.stands(lifetime(), HOSTILE.length, 0);
    });

    test("nor a thread", async ({ store }) => {
      for (const user of HOSTILE) {
        const record = run(`run of ${user}`, { thread: `thread of ${user}`, user, text: user });
        await store.saveRun(save(record, { append: [message(user)] }));
      }
      const found = await Promise.all(
        HOSTILE.map((user) => store.items({ thread: `thread of ${user}`, user })),
      );
      assert.deepEqual(
        found.map((items) => items?.map(({ item }) => item["content"])),
        HOSTILE.map((user) => [user]),
      );
    });

    test("scope, unit and period part counters of one subject", async (scene) => {
      const windows = [
        lifetime(),
        lifetime({ scope: "thread" }),
        lifetime({ unit: "tokens" }),
        lifetime({ unit: "runs" }),
        day(),
      ];
      const claims = windows.map((window, i) => claim(window, { limit: 10, takes: i + 1 }));
      await scene.hold({ claims });
      await Promise.all(windows.map((window, i) => scene.stands(window, 0, i + 1)));
    });

    test(`${MANY} subjects at once`, async (scene) => {
      const app = lifetime({ scope: "app", subject: "app" });
      const wishes = Array.from({ length: MANY }, (_, i) => ({
        claims: [
          claim(day({ subject: `user-${i}` }), { limit: 10, takes: 10 }),
          claim(app, { limit: null, takes: 10 }),
        ],
      }));
      const replies = await Promise.all(wishes.map(scene.reserve));
      assert.deepEqual(tally(replies), { held: MANY });
      await scene.stands(app, 0, MANY * 10);
      for (const i of [0, 4711, MANY - 1]) {
        const window = day({ subject: `user-${i}` });
        refused(await scene.reserve({ claims: [claim(window, { limit: 10, takes: 1 })] }));
      }
      held(await scene.reserve({ claims: [claim(day(), { limit: 10, takes: 10 })] }));
    });
  },
};
