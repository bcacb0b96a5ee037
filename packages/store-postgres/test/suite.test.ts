import { storeSuite, testClock } from "@assistants-budget/testkit";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { testPostgres } from "../../../test/servers/postgres.ts";
import { postgres } from "../src/index.ts";
import { openPool } from "./open-pool.ts";

// Each command is a round trip, and some tests send thousands.
vi.setConfig({ testTimeout: 120_000 });

const SCHEMA = "suite";
let server: Awaited<ReturnType<typeof testPostgres>>;
let pool: Pool;

beforeAll(async () => {
  server = await testPostgres();
  pool = openPool(server.url);
}, 300_000);

afterAll(async () => {
  await pool?.end();
  await server?.stop();
});

/** Emptying a schema is much quicker than making it anew for each test. */
async function empty(): Promise<void> {
  const { rows } = await pool.query<{ tablename: string }>(
    "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename <> 'migrations'",
    [SCHEMA],
  );
  await pool.query(rows.map(({ tablename }) => `DELETE FROM ${SCHEMA}.${tablename}`).join(";"));
}

function openIt(clock = testClock()) {
  const store = postgres(pool, { schema: SCHEMA, clock: clock.now });
  return { store, clock, close: () => store.close() };
}

storeSuite(
  { describe, test },
  {
    open: async () => {
      await empty();
      return openIt();
    },
    reopen: async ({ store, clock }) => {
      await store.close();
      return openIt(clock);
    },
  },
);
