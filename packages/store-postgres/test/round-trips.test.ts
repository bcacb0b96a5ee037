import type { Act } from "@assistants-budget/core/store";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testPostgres } from "../../../test/servers/postgres.ts";
import { type PostgresClient, postgres } from "../src/index.ts";
import { openPool } from "./open-pool.ts";
import { charge, claim, lifetimeOf, request, requestOf, rollingOf } from "./requests.ts";

let server: Awaited<ReturnType<typeof testPostgres>>;
let pool: Pool;
let calls = 0;
/** Any object that has the one method is a client. */
const counting: PostgresClient = {
  query: (text, values) => {
    calls += 1;
    return pool.query(text, values);
  },
};

beforeAll(async () => {
  server = await testPostgres();
  pool = openPool(server.url);
  await pool.query("DROP SCHEMA IF EXISTS calls CASCADE");
  await postgres(pool, { schema: "calls" }).open();
}, 300_000);

afterAll(async () => {
  await pool?.query("DROP SCHEMA IF EXISTS calls CASCADE");
  await pool?.end();
  await server?.stop();
});

async function opened() {
  const store = postgres(counting, { schema: "calls" });
  await store.open();
  calls = 0;
  return store;
}

test("a reserve over any number of windows is one round trip, its settle another", async () => {
  const store = await opened();
  const windows = Array.from({ length: 20 }, (_, i) => (i % 2 ? lifetimeOf : rollingOf)(`${i}`));
  const claims = windows.map((window) => claim(window, 100, 10));
  expect((await store.reserve(request("one", claims, 10))).kind).toBe("held");
  expect(calls).toBe(1);
  expect((await store.settle("one", charge(7))).kind).toBe("settled");
  expect(calls).toBe(2);
});

test("each act is one round trip, and so is a reserve that begins a window with a past", async () => {
  const store = await opened();
  const said = { by: "ops", why: "a test" };
  const user = { scope: "user", subject: "acted" } as const;
  await store.reserve(request("acted", [claim(lifetimeOf("acted"), 100, 10)], 10));
  await store.settle("acted", charge(7));
  const acts: Act[] = [
    { ...said, id: "a1", ...user, kind: "limits", limits: ["$1/day"] },
    { ...said, id: "a2", ...user, kind: "freeze" },
    { ...said, id: "a3", ...user, kind: "unfreeze" },
    { ...said, id: "a4", kind: "credit", window: rollingOf("acted"), amount: 5 },
    { ...said, id: "a5", kind: "adjustment", hold: "acted", nano: 4 },
    { ...said, id: "a6", ...user, kind: "merge", into: "acted too" },
    { ...said, id: "a7", ...user, kind: "forget", pseudonym: "nobody" },
  ];
  for (const act of acts) {
    calls = 0;
    expect([act.kind, (await store.act(act)).kind, calls]).toEqual([act.kind, "done", 1]);
  }
  await store.reserve(request("past 1", [claim(lifetimeOf("alice"), 100, 10)], 10));
  calls = 0;
  const both = [lifetimeOf("alice"), rollingOf("alice")].map((window) => claim(window, 100, 10));
  expect(await store.reserve(request("past 2", both, 10))).toMatchObject({
    kind: "held",
    windows: [{ held: 20 }, { held: 20 }],
  });
  expect(calls).toBe(1);
});

test("of reserves in one call each finds what the one before it began", async () => {
  const store = await opened();
  const [one, two] = [lifetimeOf("bob"), rollingOf("bob")];
  const replies = await Promise.all([
    store.reserve(requestOf("bob", "first", { windows: [one], nano: 10 })),
    store.reserve(requestOf("bob", "second", { windows: [one, two], nano: 10 })),
  ]);
  expect(replies.map(({ kind }) => kind)).toEqual(["held", "held"]);
  expect(await store.windows([one, two])).toMatchObject([{ held: 20 }, { held: 20 }]);
  await Promise.all(["first", "second"].map((hold) => store.settle(hold, charge(3))));
  expect(await store.windows([one, two])).toMatchObject([
    { spent: 6, held: 0 },
    { spent: 6, held: 0 },
  ]);
});

test("what is asked in one go is one round trip, and what comes meanwhile goes out together", async () => {
  const store = await opened();
  const reserve = (hold: string) =>
    store.reserve(request(hold, [claim(lifetimeOf("many"), 50, 1)], 1));
  const first = Array.from({ length: 40 }, (_, i) => reserve(`first ${i}`));
  await Promise.resolve().then(() => undefined);
  const second = Array.from({ length: 40 }, (_, i) => reserve(`second ${i}`));
  const replies = await Promise.all([...first, ...second]);
  expect(calls).toBe(2);
  expect(replies.filter(({ kind }) => kind === "held")).toHaveLength(50);
  expect(replies.filter(({ kind }) => kind === "refused")).toHaveLength(30);
});

test("who is alone waits for nobody: the call goes out in the same turn of the event loop", async () => {
  const store = await opened();
  const asked = store.reserve(request("alone", [], 0));
  let turns = 0;
  setImmediate(() => (turns += 1));
  for (let i = 0; i < 20; i += 1) {
    await Promise.resolve();
  }
  expect([calls, turns]).toEqual([1, 0]);
  await asked;
});

test("one that the server would not take harms no other", async () => {
  const store = await opened();
  const window = lifetimeOf("fair");
  const good = (hold: string) => store.reserve(request(hold, [claim(window, 100, 10)], 10));
  const bad = store.reserve(request("with a \0 in it", [claim(window, 100, 10)], 10));
  const broken = store.reserve({ ...request("broken", [], 0), ttlMs: 0.5 });
  const replies = await Promise.allSettled([good("good 1"), bad, broken, good("good 2")]);
  expect(replies.map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "rejected",
    "fulfilled",
  ]);
  expect(await store.windows([window])).toMatchObject([{ spent: 0, held: 20 }]);
});

test("what is no whole number is refused before it is sent", async () => {
  const store = await opened();
  const window = lifetimeOf("odd");
  const odd = [Number.NaN, Infinity, 0.5, 2 ** 53];
  for (const amount of odd) {
    const asked = request("odd", [{ ...claim(window, 100, 10), limit: amount }], 10);
    await expect(store.reserve(asked)).rejects.toThrow(RangeError);
    await expect(store.settle("odd", charge(amount))).rejects.toThrow(RangeError);
  }
  expect(calls).toBe(0);
});

test("beyond what can be counted exactly each is told its own sum, or that there is none", async () => {
  const store = await opened();
  const window = lifetimeOf("vast");
  const asked = request("vast", [claim(window, null, 0)], 0);
  const claims = asked.claims.map((one) => ({ ...one, perOutput: Number.MAX_SAFE_INTEGER - 3 }));
  await store.reserve({ ...asked, claims, output: { min: 0, max: 1000 } });
  const replies = await Promise.allSettled(
    [2, 3].map((nano) => store.reserve(request(`vast ${nano}`, [claim(window, null, nano)], nano))),
  );
  expect(replies).toMatchObject([
    { value: { kind: "held", windows: [{ held: Number.MAX_SAFE_INTEGER - 1 }] } },
    { reason: expect.any(RangeError) },
  ]);
});

test("charges of one call are noticed as if they came one by one, each by its own cap", async () => {
  const store = await opened();
  const window = lifetimeOf("noticed");
  const asked = [
    { hold: "low", cap: 100, thresholds: [500, 1000], nano: 100 },
    { hold: "high", cap: 1000, thresholds: [100], nano: 10 },
    { hold: "low again", cap: 100, thresholds: [900], nano: 5 },
  ];
  for (const { hold, cap, thresholds } of asked) {
    const plain = request(hold, [{ ...claim(window, null, 0), cap }], 0);
    await store.reserve({ ...plain, thresholds });
  }
  await store.settle("low", charge(100));
  await Promise.all(asked.slice(1).map(({ hold, nano }) => store.settle(hold, charge(nano))));
  const notices = await store.takeNotices({ owner: "test", leaseMs: 1, limit: 9 });
  expect(notices.map(({ threshold, limit, spent }) => [threshold, limit, spent])).toEqual([
    [500, 100, 100],
    [1000, 100, 100],
    // A raised limit begins anew; what is noticed by the lower one afterwards is another notice.
    [100, 1000, 110],
    [900, 100, 115],
  ]);
});
