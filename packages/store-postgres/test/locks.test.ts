import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testPostgres } from "../../../test/servers/postgres.ts";
import { type PostgresClient, postgres } from "../src/index.ts";
import { openPool } from "./open-pool.ts";
import { charge, claim, lifetimeOf, request, requestOf, rollingOf } from "./requests.ts";

let server: Awaited<ReturnType<typeof testPostgres>>;
let pool: Pool;

beforeAll(async () => {
  server = await testPostgres();
  pool = openPool(server.url, 70);
  await pool.query("DROP SCHEMA IF EXISTS locks CASCADE");
}, 300_000);

afterAll(async () => {
  await pool?.query("DROP SCHEMA IF EXISTS locks CASCADE");
  await pool?.end();
  await server?.stop();
});

/** Each store has a queue of its own, as each process has: 64 of them are 64 calls at once. */
test("64 at once with the limits in any order: no deadlock, nothing lost", async () => {
  const collisions: string[] = [];
  const watched: PostgresClient = {
    query: (text, values) =>
      pool.query(text, values).catch((error: unknown) => {
        collisions.push(String(error));
        throw error;
      }),
  };
  const windows = [
    ...["a", "b", "c", "d"].map((subject) => lifetimeOf(subject)),
    ...["x", "y"].map((subject) => rollingOf(subject, "tenant")),
    lifetimeOf("app", "app"),
  ];
  const stores = Array.from({ length: 64 }, () => postgres(watched, { schema: "locks" }));
  let [random, spent] = [20_261_122, 0];
  const shuffled = () =>
    windows
      .map((window) => ({ window, at: (random = (random * 48_271) % 2_147_483_647) }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ window }) => window);
  await stores[0]?.reserve(
    request(
      "first",
      windows.map((window) => claim(window, null, 1)),
      1,
    ),
  );
  collisions.length = 0;
  await Promise.all(
    stores.map(async (store, lane) => {
      for (let step = 0; step < 12; step += 1) {
        // One's settle and the next one's reserve share a call, as under load.
        const pair = ["one", "two"].map((name) => `${lane}-${step}-${name}`);
        const work = pair.map(async (hold, i) => {
          const claims = shuffled().map((window) => claim(window, null, 5));
          await store.reserve(request(hold, claims, 5));
          if (i === 0) await store.settle(hold, charge(3));
          else await store.release(hold);
        });
        await Promise.all(work);
        spent += 3;
      }
    }),
  );
  expect(collisions).toEqual([]);
  const states = await stores[0]?.windows(windows);
  for (const state of states ?? []) expect(state).toMatchObject({ spent, held: 1 });
}, 60_000);

test("64 that begin the same windows at once begin them once", async () => {
  const stores = Array.from({ length: 64 }, () => postgres(pool, { schema: "locks" }));
  const windows = ["new", "newer", "newest"].map((subject) => lifetimeOf(subject));
  const replies = await Promise.all(
    stores.map((store, i) => {
      const order = i % 2 === 0 ? windows : windows.toReversed();
      return store.reserve(
        request(
          `new-${i}`,
          order.map((window) => claim(window, 200, 10)),
          10,
        ),
      );
    }),
  );
  expect(replies.filter(({ kind }) => kind === "held")).toHaveLength(20);
  const states = await stores[0]?.windows(windows);
  expect(states?.map(({ held }) => held)).toEqual([200, 200, 200]);
}, 60_000);

test("a new period begins while 24 processes settle and reserve: it counts each of them once", async () => {
  const first = postgres(pool, { schema: "locks" });
  const stores = Array.from({ length: 24 }, () => postgres(pool, { schema: "locks" }));
  const [old, young] = [lifetimeOf("seeded"), rollingOf("seeded")];
  const holds = Array.from({ length: 240 }, (_, i) => `seeded-${i}`);
  await Promise.all(
    holds.map((hold) => first.reserve(requestOf("seeded", hold, { windows: [old], nano: 5 }))),
  );
  await Promise.all(
    stores.map(async (store, lane) => {
      for (let i = lane; i < holds.length; i += stores.length) {
        await store.settle(`seeded-${i}`, charge(3));
        // Half of the processes have been deployed anew.
        if (lane % 2 === 0) continue;
        await store.reserve(requestOf("seeded", `young-${i}`, { windows: [old, young], nano: 5 }));
        await store.settle(`young-${i}`, charge(2));
      }
    }),
  );
  const spent = 240 * 3 + 120 * 2;
  expect(await first.windows([old, young])).toMatchObject([
    { spent, held: 0 },
    { spent, held: 0 },
  ]);
}, 60_000);
