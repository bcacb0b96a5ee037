import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { testPostgres } from "../../../test/servers/postgres.ts";
import { asking } from "../src/client.ts";
import { postgres } from "../src/index.ts";
import { purging } from "../src/purging.ts";
import { openPool } from "./open-pool.ts";
import { charge, claim, lifetimeOf, request, rollingOf } from "./requests.ts";

const DAY = 86_400_000;
const SCHEMA = "purge";
let server: Awaited<ReturnType<typeof testPostgres>>;
let pool: Pool;
let now = 0;

beforeAll(async () => {
  server = await testPostgres();
  pool = openPool(server.url);
}, 300_000);

beforeEach(async () => {
  await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  now = Date.UTC(2026, 10, 20, 12);
});

afterAll(async () => {
  await pool?.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await pool?.end();
  await server?.stop();
});

function dayOf(subject: string) {
  const start = Math.floor(now / DAY) * DAY;
  return {
    ...lifetimeOf(subject),
    family: `user|usd|day|${subject}`,
    period: "day",
    start,
    end: start + DAY,
  };
}

const opened = () => postgres(pool, { schema: SCHEMA, clock: () => now });

async function purge(most = 500): Promise<number> {
  const { rows } = await pool.query<{ told: string }>(
    `SELECT ${SCHEMA}.purge_v1($1, $2, $3) AS told`,
    [now, 30 * DAY, most],
  );
  return Number(rows[0]?.told);
}

/** The clock goes on, and purges look at it: none of them deletes anything. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10 * DAY) {
    await purge(0);
    now += Math.min(left, 10 * DAY);
  }
}

async function counts() {
  const { rows } = await pool.query<Record<string, number>>(
    ["holds", "buckets", "counters", "lines"]
      .map((table) => `(SELECT count(*)::int FROM ${SCHEMA}.${table}) AS ${table}`)
      .join(", ")
      .replace(/^/, "SELECT "),
  );
  return rows[0];
}

test("what ended 30 days ago goes, a few rows at a time; lines stay, and so does what is open", async () => {
  const store = opened();
  const open = request("open", [claim(dayOf("open"), null, 5)], 5);
  await store.reserve(open);
  for (let i = 0; i < 25; i += 1) {
    const windows = [dayOf("alice"), rollingOf("alice"), lifetimeOf("alice")];
    await store.reserve(
      request(
        `hold-${i}`,
        windows.map((window) => claim(window, null, 5)),
        5,
      ),
    );
    if (i % 5 === 0) await store.release(`hold-${i}`);
    else await store.settle(`hold-${i}`, charge(3));
    await pass(DAY / 5);
  }
  await pass(25 * DAY);
  expect(await purge()).toBe(0);
  await pass(4 * DAY);
  const before = await counts();
  expect(await purge(3)).toBe(3);
  const after = await counts();
  expect(after?.["holds"]).toBe((before?.["holds"] ?? 0) - 3);
  await pass(4 * DAY);
  while ((await purge(3)) > 0);
  const [lifetime, rolling, day] = await store.windows([
    lifetimeOf("alice"),
    rollingOf("alice"),
    dayOf("alice"),
  ]);
  expect(lifetime).toMatchObject({ spent: 60, held: 0 });
  expect([rolling?.spent, day?.spent]).toEqual([0, 0]);
  // The lifetime, the hour that is looked back at, and the day of the hold that is open yet.
  expect(await counts()).toEqual({ holds: 1, buckets: 0, counters: 3, lines: 20 });
  expect((await store.settle("open", charge(4))).kind).toBe("settled");
  expect(await purge()).toBe(1);
  expect((await store.settle("hold-1", charge(3))).kind).toBe("unknown");
  expect(await store.lines({ user: "alice" })).toHaveLength(21);
  // Whoever comes back begins with what the lines say of the day: the hold that was open all the while.
  const back = request("back", [claim(dayOf("alice"), 9, 5)], 5);
  expect(await store.reserve(back)).toMatchObject({
    kind: "held",
    windows: [{ spent: 4, held: 5 }],
  });
});

test("a clock that leaps is not believed until it has run for as long: what is in force stays", async () => {
  const store = opened();
  await store.open();
  await pass(40 * DAY);
  const windows = [dayOf("alice"), rollingOf("alice")];
  const asked = (hold: string) =>
    request(
      hold,
      windows.map((window) => claim(window, 9, 5)),
      5,
    );
  await store.reserve(asked("one"));
  await store.settle("one", charge(5));
  const noon = now;
  for (const leap of [31 * DAY, 400 * DAY, 4000 * DAY]) {
    now = noon + leap;
    for (let minute = 0; minute < 3; minute += 1) {
      now += 60_000;
      expect(await purge()).toBe(0);
    }
    now = noon + 60_000;
    expect(await purge()).toBe(0);
    const [day, rolling] = await store.windows(windows);
    expect([day?.spent, rolling?.spent]).toEqual([5, 5]);
    expect((await store.reserve(asked(`after ${leap}`))).kind).toBe("refused");
  }
  await pass(29 * DAY);
  expect(await purge()).toBe(0);
  await pass(3 * DAY);
  expect(await purge()).toBeGreaterThan(0);
  expect(await counts()).toMatchObject({ holds: 0, buckets: 0, lines: 1 });
});

test("it waits for nobody, and nobody waits for it", async () => {
  const store = opened();
  for (const hold of ["one", "two"]) {
    await store.reserve(request(hold, [claim(dayOf(hold), null, 5)], 5));
    await store.settle(hold, charge(3));
  }
  await pass(40 * DAY);
  const client = await pool.connect();
  await client.query("BEGIN");
  await client.query(`SELECT FROM ${SCHEMA}.holds WHERE id = 'one' FOR UPDATE`);
  await client.query(`SELECT FROM ${SCHEMA}.counters WHERE subject = 'one' FOR UPDATE`);
  expect(await purge()).toBe(1);
  expect(await counts()).toMatchObject({ holds: 1, counters: 1 });
  await client.query("ROLLBACK");
  client.release();
  expect(await purge()).toBe(1);
  expect(await counts()).toMatchObject({ holds: 0, counters: 0 });
});

test("it goes in passing, on from where there is more, and at rest where there is not", async () => {
  const store = opened();
  await store.open();
  await pool.query(`INSERT INTO ${SCHEMA}.steady (seen, since) VALUES ($1, 0)`, [now]);
  await pool.query(
    `INSERT INTO ${SCHEMA}.holds (id, state, owner, created_at, expires_at, output_tokens, ceiling, tokens,
       ended_at, counters, amounts, caps, thresholds)
     SELECT 'old-' || i, 'released', 'p', 0, 0, 0, 0, 0, 1, '{}', '{}', '{}', '{}' FROM generate_series(1, 1200) i`,
  );
  let calls = 0;
  const ask = asking({ query: (text, values) => ((calls += 1), pool.query(text, values)) }, SCHEMA);
  const purger = purging(ask, {
    clock: () => now,
    keepMs: 30 * DAY,
    restMs: { done: 80, more: 5 },
  });
  purger.occasion();
  expect(calls).toBe(0);
  for (let i = 0; i < 12; i += 1) {
    await sleep(20);
    purger.occasion();
    await purger.idle();
  }
  expect((await counts())?.["holds"]).toBe(0);
  expect(calls).toBeGreaterThanOrEqual(3);
  expect(calls).toBeLessThan(7);
});

test.each([0, DAY, 2.5 * DAY + 0.5, Number.NaN])("keepMs %d is refused by name", (keepMs) => {
  expect(() => postgres(pool, { keepMs })).toThrow("keepMs: found");
});
