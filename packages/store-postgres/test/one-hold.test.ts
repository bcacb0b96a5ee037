/** Several processes at one hold at the same time. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testPostgres } from "../../../test/servers/postgres.ts";
import { type PostgresClient, postgres } from "../src/index.ts";
import { openPool } from "./open-pool.ts";
import { charge, claim, lifetimeOf, request } from "./requests.ts";

const SCHEMA = "one_hold";
const WINDOW = lifetimeOf("alice");
let server: Awaited<ReturnType<typeof testPostgres>>;
let pool: Pool;
/** What the server rolled back because of somebody else. */
let collisions: unknown[] = [];

const watched: PostgresClient = {
  query: (text, values) =>
    pool.query(text, values).catch((error: unknown) => {
      collisions.push(error instanceof Error && "code" in error ? error.code : error);
      throw error;
    }),
};

beforeAll(async () => {
  server = await testPostgres();
  pool = openPool(server.url);
  await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
}, 300_000);

afterAll(async () => {
  await pool?.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await pool?.end();
  await server?.stop();
});

/** Each has a queue of its own, as each process has. */
function stores(count: number) {
  return Array.from({ length: count }, () => postgres(watched, { schema: SCHEMA }));
}

function asked(hold: string) {
  return request(hold, [claim(WINDOW, 1000, 10)], 10);
}

/** Resolves when so many sessions wait for another one's lock. */
async function waiting(count: number): Promise<void> {
  const text = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%"${SCHEMA}"%'`;
  while ((await pool.query(text)).rowCount !== count) await sleep(5);
}

test("a hold is asked for again while another process ends it: no deadlock", async () => {
  const [one, other] = stores(2);
  if (!one || !other) throw new Error("no store");
  await one.reserve(asked("again"));
  await other.open();
  collisions = [];
  const busy = await pool.connect();
  await busy.query(`BEGIN; SELECT FROM ${SCHEMA}.counters FOR UPDATE`);
  const again = one.reserve(asked("again"));
  await waiting(1);
  const end = other.settle("again", charge(7));
  await waiting(2);
  await busy.query("COMMIT");
  busy.release();
  expect((await end).kind).toBe("settled");
  expect(["held", "ended"]).toContain((await again).kind);
  expect(collisions).toEqual([]);
  expect(await one.windows([WINDOW])).toMatchObject([{ spent: 7, held: 0 }]);
});

test("a hold whose reserve is committed while its settle waits is settled", async () => {
  const [one, other] = stores(2);
  if (!one || !other) throw new Error("no store");
  await one.reserve(asked("first"));
  const [before] = await one.windows([WINDOW]);
  await other.open();
  const slow = await pool.connect();
  await slow.query("BEGIN");
  const late = postgres({ query: (text, values) => slow.query(text, values) }, { schema: SCHEMA });
  expect((await late.reserve(asked("late"))).kind).toBe("held");
  // Both go out in one call: the first one's window is locked by the reserve.
  const ends = ["late", "first"].map((hold) => other.settle(hold, charge(7)));
  await waiting(1);
  await slow.query("COMMIT");
  slow.release();
  const replies = await Promise.all(ends);
  expect(replies.map(({ kind }) => kind)).toEqual(["settled", "settled"]);
  const spent = (before?.spent ?? 0) + 14;
  expect(await one.windows([WINDOW])).toMatchObject([{ spent, held: 0 }]);
});
