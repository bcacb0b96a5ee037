import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testPostgres } from "../../../test/servers/postgres.ts";
import { postgres } from "../src/index.ts";
import { openPool } from "./open-pool.ts";
import { child, outcome } from "./processes.ts";
import { charge, holdsOf, lifetimeOf, rollingOf } from "./requests.ts";

const NAMES = ["a", "b", "c", "d"];
const APP = lifetimeOf("app", "app");
let server: Awaited<ReturnType<typeof testPostgres>>;
let pool: Pool;

beforeAll(async () => {
  server = await testPostgres();
  pool = openPool(server.url);
  await drop();
}, 300_000);

afterAll(async () => {
  if (pool) await drop();
  await pool?.end();
  await server?.stop();
});

async function drop(): Promise<void> {
  for (const schema of ["four", "killed", "young"])
    await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
}

function jobOf(schema: string, name: string) {
  const [limit, nano, lanes] = [8_000_000, 10_000, 8];
  const url = new URL(server.url);
  url.searchParams.set("application_name", sessionsOf(schema));
  return { url: url.href, schema, name, limit, nano, lanes, startAt: Date.now() + 700 };
}

/** What the server calls the sessions of the processes that spend in this schema. */
function sessionsOf(schema: string): string {
  return `processes.test ${schema}`;
}

/** Resolves when the server has ended every session of these processes. */
async function goneFrom(schema: string): Promise<void> {
  const text = "SELECT FROM pg_stat_activity WHERE application_name = $1";
  while ((await pool.query(text, [sessionsOf(schema)])).rowCount !== 0) await sleep(10);
}

test("four processes that find nothing make the schema at once, and share one limit to the last", async () => {
  const jobs = NAMES.map((name) => jobOf("four", name));
  const done = await Promise.all(jobs.map((job) => outcome(child(job))));
  expect(done.flatMap(({ errors }) => errors)).toEqual([]);
  const granted = done.map((one) => one.granted);
  const all = granted.reduce((sum, one) => sum + one, 0);
  expect(all).toBe(800);
  expect(Math.min(...granted), `granted ${granted.join(", ")}`).toBeGreaterThan(all / 4 / 5);

  const store = postgres(pool, { schema: "four" });
  const [app, hour] = await store.windows([APP, rollingOf("shared", "tenant")]);
  expect(app).toMatchObject({ spent: 8_000_000, held: 0 });
  expect(hour).toMatchObject({ spent: 8_000_000, held: 0 });
  const lines = await store.lines({ limit: 10_000 });
  expect(new Set(holdsOf(lines)).size).toBe(800);
  expect(await store.holds({ expired: false, limit: 9 })).toEqual([]);
}, 60_000);

test("a process that is killed leaves whole holds, which another one settles", async () => {
  const started = ["a", "b"].map((name) => child({ ...jobOf("killed", name), limit: 1e12 }));
  const store = postgres(pool, { schema: "killed" });
  await store.open();
  for (;;) {
    if ((await store.lines({ limit: 300 })).length >= 300) break;
    await sleep(10);
  }
  for (const one of started) {
    const gone = once(one, "exit");
    one.kill("SIGKILL");
    await gone;
  }
  // The server goes on with what they had sent until it finds them gone.
  await goneFrom("killed");
  const open = await store.holds({ expired: false, limit: 1000 });
  const [before] = await store.windows([APP]);
  expect(before?.held).toBe(open.length * 10_000);
  await Promise.all(
    open.map(({ id }) => store.settle(id, { ...charge(10_000), known: "assumed" })),
  );
  const lines = await store.lines({ limit: 1_000_000 });
  const [after] = await store.windows([APP]);
  expect(after).toMatchObject({ spent: lines.length * 10_000, held: 0 });
}, 60_000);

test("whoever reads page by page while others write passes over no line", async () => {
  const started = NAMES.map((name) => child(jobOf("young", name)));
  const ends = Promise.all(started.map(outcome));
  let over = false;
  void ends.then(() => (over = true));
  const store = postgres(pool, { schema: "young" });
  const read: string[] = [];
  for (let last = false; !last;) {
    last = over;
    for (;;) {
      const after = read.at(-1);
      const page = await store.lines({ limit: 7, ...(after === undefined ? {} : { after }) });
      read.push(...page.map(({ id }) => id));
      if (page.length === 0) break;
    }
  }
  expect((await ends).flatMap(({ errors }) => errors)).toEqual([]);
  const all = await store.lines({ limit: 10_000 });
  expect(all).toHaveLength(800);
  expect(read).toEqual(all.map(({ id }) => id));
}, 60_000);
