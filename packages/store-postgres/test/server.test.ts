import { setTimeout as sleep } from "node:timers/promises";
import { BudgetError, isBudgetError } from "@assistants-budget/core/store";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../../../test/servers/postgres.ts";
import { postgres } from "../src/index.ts";
import { openPool } from "./open-pool.ts";
import { charge, claim, holdsOf, lifetimeOf, request, rollingOf } from "./requests.ts";

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

test("a server that crashes under load and comes back, twice: all that was answered is there, and the same pool goes on", async () => {
  const store = postgres(pool, { schema: "crash" });
  const windows = [lifetimeOf("alice"), rollingOf("alice"), lifetimeOf("app", "app")];
  const claims = windows.map((window) => claim(window, null, 10));
  const [settled, kept] = [new Set<string>(), new Set<string>()];
  const errors: unknown[] = [];
  const over = new AbortController();
  const lanes = Array.from({ length: 16 }, async (_, lane) => {
    for (let step = 0; !over.signal.aborted; step += 1) {
      const hold = `${lane}-${step}`;
      try {
        const { kind } = await store.reserve(request(hold, claims, 10));
        if (kind !== "held") throw new TypeError(kind);
        kept.add(hold);
        // Every tenth stays open, to be found and settled afterwards.
        if (step % 10 === 9) continue;
        const ended = await store.settle(hold, charge(7));
        if (ended.kind === "settled") settled.add(hold);
      } catch (error) {
        errors.push(error);
        await sleep(5);
      }
    }
  });
  // An act that was not answered is said again by the same id, until it is.
  const operator = (async () => {
    let credits = 0;
    while (!over.signal.aborted) {
      const act = { id: `credit-${credits}`, by: "ops", why: "a crash", kind: "credit" } as const;
      try {
        await store.act({ ...act, window: lifetimeOf("alice"), amount: 1 });
        credits += 1;
      } catch (error) {
        errors.push(error);
      }
      await sleep(3);
    }
    return credits;
  })();
  for (let crashes = 0; crashes < 2; crashes += 1) {
    const before = settled.size;
    await until(() => settled.size > before + 200);
    const failed = errors.length;
    await server.kill();
    await until(() => errors.length > failed + 20);
    await server.start();
  }
  const before = settled.size;
  await until(() => settled.size > before + 200);
  over.abort();
  await Promise.all(lanes);
  const credits = await operator;

  // Core asks again where it isn't told by a BudgetError that this can't help.
  for (const error of errors) {
    expect(error).toBeInstanceOf(Error);
    expect(isBudgetError(error)).toBe(false);
    expect(error).not.toBeInstanceOf(TypeError);
  }
  expect(errors.some((error) => String(error).includes("ECONNREFUSED"))).toBe(true);
  const lines = holdsOf(await store.lines({ limit: 1_000_000 }));
  const open = await store.holds({ expired: false, limit: 100_000 });
  const written = new Set(lines);
  const found = new Set([...lines, ...open.map(({ id }) => id)]);
  expect(written.size).toBe(lines.length);
  expect(found.size).toBe(lines.length + open.length);
  expect([...settled].filter((hold) => !written.has(hold))).toEqual([]);
  expect([...kept].filter((hold) => !found.has(hold))).toEqual([]);
  for (const state of await store.windows(windows))
    expect(state).toMatchObject({ spent: lines.length * 7, held: open.length * 10 });
  expect((await store.windows(windows))[0]?.credit).toBe(credits);
  // A lost answer is asked for again by the hold's id.
  for (const { id } of open) {
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
