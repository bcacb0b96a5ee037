import { setTimeout as sleep } from "node:timers/promises";
import { BudgetError } from "@assistants-budget/core/store";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../../../test/servers/postgres.ts";
import { postgres } from "../src/index.ts";
import { openPool } from "./open-pool.ts";
import { charge, claim, lifetimeOf, request } from "./requests.ts";

let server: PostgresServer;
let pool: Pool;

beforeAll(async () => {
  server = await startPostgres();
  pool = openPool(server.url);
}, 300_000);

afterAll(async () => {
  await pool?.end();
  await server?.stop();
});

async function until(enough: () => boolean): Promise<void> {
  while (!enough()) await sleep(5);
}

test("a server that crashes and comes back: clear errors meanwhile, nothing lost, then on it goes", async () => {
  const store = postgres(pool, { schema: "crash" });
  const windows = [lifetimeOf("alice"), lifetimeOf("app", "app")];
  const claims = windows.map((window) => claim(window, null, 10));
  const answered = new Set<string>();
  const errors: unknown[] = [];
  const over = new AbortController();
  const lanes = Array.from({ length: 16 }, async (_, lane) => {
    for (let step = 0; !over.signal.aborted; step += 1) {
      const hold = `${lane}-${step}`;
      try {
        await store.reserve(request(hold, claims, 10));
        const { kind } = await store.settle(hold, charge(7));
        if (kind === "settled") answered.add(hold);
      } catch (error) {
        errors.push(error);
        await sleep(5);
      }
    }
  });
  await until(() => answered.size > 200);
  await server.kill();
  await until(() => errors.length > 20);
  await server.start();
  const before = answered.size;
  await until(() => answered.size > before + 200);
  over.abort();
  await Promise.all(lanes);

  for (const error of errors) expect(error).toBeInstanceOf(Error);
  expect(errors.some((error) => String(error).includes("ECONNREFUSED"))).toBe(true);
  const lines = await store.lines({ limit: 1_000_000 });
  const held = await store.holds({ expired: false, limit: 1000 });
  const written = new Set(lines.map(({ hold }) => hold));
  expect(written.size).toBe(lines.length);
  expect([...answered].filter((hold) => !written.has(hold))).toEqual([]);
  for (const state of await store.windows(windows))
    expect(state).toMatchObject({ spent: lines.length * 7, held: held.length * 10 });
  // A lost answer is asked for again by the hold's id.
  for (const { id } of held) {
    expect((await store.settle(id, charge(7))).kind).toBe("settled");
  }
}, 120_000);

test("a schema of a newer release is refused by name, and left as it was", async () => {
  await postgres(pool, { schema: "newer" }).open();
  await pool.query("INSERT INTO newer.migrations (version) VALUES (99)");
  const store = postgres(pool, { schema: "newer" });
  const refusal: unknown = await store.open().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(BudgetError);
  expect(refusal).toMatchObject({
    code: "store_unavailable",
    message: expect.stringMatching(/schema "?newer"? .*newer release.*version 99/),
  });
  await expect(store.windows([])).rejects.toThrow("newer release");
  await pool.query("DELETE FROM newer.migrations WHERE version = 99");
  expect(await store.windows([])).toEqual([]);
});

test("a role that may create nothing is told so, and works where the schema is there", async () => {
  await pool.query("CREATE ROLE humble LOGIN");
  const url = new URL(server.url);
  url.username = "humble";
  const humble = openPool(url.href);
  const refusal = postgres(humble, { schema: "granted" }).open();
  await expect(refusal).rejects.toMatchObject({ code: "store_unavailable" });
  await postgres(pool, { schema: "granted" }).open();
  await pool.query(
    `GRANT USAGE ON SCHEMA granted TO humble;
     GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA granted TO humble;
     GRANT USAGE ON ALL SEQUENCES IN SCHEMA granted TO humble`,
  );
  const store = postgres(humble, { schema: "granted" });
  const asked = request("hold-1", [claim(lifetimeOf("alice"), 10, 10)], 10);
  expect((await store.reserve(asked)).kind).toBe("held");
  await humble.end();
});

test("transactions that see no one else's are refused by name", async () => {
  const url = new URL(server.url);
  url.searchParams.set("options", "-c default_transaction_isolation=serializable");
  const isolated = openPool(url.href);
  const refusal = postgres(isolated, { schema: "isolated" }).open();
  await expect(refusal).rejects.toMatchObject({ code: "store_unavailable" });
  await expect(refusal).rejects.toThrow("transactions are serializable");
  await isolated.end();
});

test.each(["", "a b", "Big", 'x"; DROP SCHEMA public', "1st", "pg_own", "a".repeat(64)])(
  "no schema is called %j",
  (schema) => {
    expect(() => postgres(pool, { schema })).toThrow("expected a name");
  },
);

test("commits are synced also where the database is set not to", async () => {
  const url = new URL(server.url);
  url.searchParams.set("options", "-c synchronous_commit=off");
  const hasty = openPool(url.href, 1);
  const seen: unknown[] = [];
  const store = postgres(
    {
      query: async (text, values) => {
        const client = await hasty.connect();
        try {
          await client.query("BEGIN");
          const reply = await client.query<Record<string, unknown>>(text, values);
          const { rows } = await client.query("SHOW synchronous_commit");
          if (text.startsWith("SELECT")) seen.push(...rows);
          await client.query("COMMIT");
          return reply;
        } finally {
          client.release();
        }
      },
    },
    { schema: "synced" },
  );
  await store.reserve(request("hold-1", [], 0));
  expect(seen).toEqual([{ synchronous_commit: "on" }]);
  await hasty.end();
});
