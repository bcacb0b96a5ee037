import { setTimeout as sleep } from "node:timers/promises";
import type { Act, Store } from "@assistants-budget/core/store";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testPostgres } from "../../../test/servers/postgres.ts";
import { type PostgresClient, postgres } from "../src/index.ts";
import { APP, asked, save, spend } from "./lanes.ts";
import { openPool } from "./open-pool.ts";
import { lifetimeOf, rollingOf } from "./requests.ts";

const SCHEMA = "acts_race";
let server: Awaited<ReturnType<typeof testPostgres>>;
let pool: Pool;
/** What the server rolled back because of somebody else. */
let deadlocks: string[] = [];

const watched: PostgresClient = {
  query: (text, values) =>
    pool.query(text, values).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "40P01")
        deadlocks.push(error.message);
      throw error;
    }),
};

beforeAll(async () => {
  server = await testPostgres();
  pool = openPool(server.url, 60);
  await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await postgres(pool, { schema: SCHEMA }).open();
}, 300_000);

afterAll(async () => {
  await pool?.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await pool?.end();
  await server?.stop();
});

/** Each has a queue of its own, as each process has. */
function stores(count: number): Store[] {
  return Array.from({ length: count }, () => postgres(watched, { schema: SCHEMA }));
}

let said = 0;

/** Who says it, and by which id. */
function act<Kind extends object>(what: Kind): Kind & { id: string; by: string; why: string } {
  said += 1;
  return { id: `act-${said}`, by: "operator", why: "a test", ...what };
}

test("once an act is answered no reserve is granted on older settings", async () => {
  const [operator, ...lanes] = stores(17);
  if (!operator) throw new Error("no store");
  const over = new AbortController();
  const granted: { readonly hold: string; readonly version: number }[] = [];
  const running = lanes.map(async (store, lane) => {
    let version = 0;
    for (let step = 0; !over.signal.aborted; step += 1) {
      const hold = `frozen-${lane}-${step}`;
      const reply = await store.reserve(asked("raced", hold, version));
      if (reply.kind === "held") granted.push({ hold, version });
      if (reply.kind === "settings") version = reply.settings[0]?.version ?? 0;
      // Some think for a while before they ask again, with what they know by then.
      if (lane % 4 === 0) await sleep(1);
    }
  });
  const answered: { readonly version: number; readonly held: ReadonlySet<string> }[] = [];
  for (let i = 0; i < 40; i += 1) {
    await sleep(10);
    const kind = i % 2 === 0 ? "freeze" : "unfreeze";
    const reply = await operator.act(act({ kind, scope: "user", subject: "raced" }) as Act);
    if (reply.kind !== "done") throw new Error(reply.kind);
    const open = await operator.holds({ expired: false, limit: 1_000_000 });
    answered.push({
      version: Number(reply.line.id),
      held: new Set(open.map(({ id }) => id)),
    });
  }
  over.abort();
  await Promise.all(running);
  // Whatever was granted on older settings was there when the act was answered.
  const late = answered.flatMap(({ version, held }) =>
    granted.filter((one) => one.version < version && !held.has(one.hold)),
  );
  expect(late).toEqual([]);
  expect(granted.length).toBeGreaterThan(100);
  await Promise.all(granted.map(({ hold }) => operator.release(hold)));
  expect(deadlocks).toEqual([]);
}, 60_000);

test("users merge while they spend and write: nothing is lost, nobody deadlocks", async () => {
  const names = ["guest-1", "guest-2", "guest-3", "member"];
  const [operator, ...lanes] = stores(33);
  if (!operator) throw new Error("no store");
  const over = new AbortController();
  const [before] = await operator.windows([APP]);
  const spending = lanes
    .slice(0, 24)
    .map((store, i) =>
      spend(store, { lane: `merge-${i}`, user: names[i % 4] ?? "member" }, over.signal),
    );
  const saving = lanes
    .slice(24)
    .map((store, i) =>
      save(store, { lane: `saved-${i}`, user: names[i % 4] ?? "member" }, over.signal),
    );
  for (const subject of names.slice(0, 3)) {
    await sleep(300);
    const merge = act({ kind: "merge" as const, scope: "user" as const, subject, into: "member" });
    expect((await operator.act(merge)).kind).toBe("done");
    expect((await operator.act(merge)).kind).toBe("already");
    const credit = { kind: "credit" as const, window: lifetimeOf("member"), amount: 7 };
    expect((await operator.act(act(credit))).kind).toBe("done");
  }
  await sleep(300);
  over.abort();
  const settled = (await Promise.all(spending)).reduce((sum, one) => sum + one, 0);
  const states = await operator.windows([lifetimeOf("member"), rollingOf("member"), APP]);
  expect(states).toMatchObject([
    { spent: settled, held: 0, credit: 21 },
    { spent: settled, held: 0 },
    { spent: (before?.spent ?? 0) + settled, held: 0 },
  ]);
  const lines = await operator.lines({ user: "guest-2", limit: 1_000_000 });
  const sum = lines.reduce((all, line) => all + ("charge" in line ? line.charge.nano : 0), 0);
  expect(sum).toBe(settled);
  for (const saved of await Promise.all(saving))
    for (const [thread, items] of saved) {
      const found = await operator.items({ thread, user: "member" });
      expect([thread, found?.length]).toEqual([thread, items]);
    }
  expect(deadlocks).toEqual([]);
}, 120_000);

test("a user is forgotten while others write in its name: sums stay, nobody deadlocks", async () => {
  const [operator, ...lanes] = stores(17);
  if (!operator) throw new Error("no store");
  const over = new AbortController();
  const [before] = await operator.windows([APP]);
  const spending = lanes
    .slice(0, 8)
    .map((store, i) => spend(store, { lane: `gone-${i}`, user: "leaver" }, over.signal));
  const saving = lanes
    .slice(8)
    .map((store, i) => save(store, { lane: `left-${i}`, user: "leaver" }, over.signal));
  const refusals = new Set<string>();
  let forgotten = 0;
  for (let i = 0; forgotten < 3 && i < 2000; i += 1) {
    const forget = { kind: "forget" as const, scope: "user" as const, pseudonym: "nobody" };
    const reply = await operator.act(act({ ...forget, subject: "leaver" }));
    if (reply.kind === "done") forgotten += 1;
    else refusals.add(JSON.stringify(reply));
  }
  over.abort();
  const settled = (await Promise.all(spending)).reduce((sum, one) => sum + one, 0);
  await Promise.all(saving);
  expect([...refusals].filter((one) => !one.includes('"open"'))).toEqual([]);
  const windows = ["leaver", "nobody"].map((user) => lifetimeOf(user));
  const [left, gone, app] = await operator.windows([...windows, APP]);
  expect((left?.spent ?? 0) + (gone?.spent ?? 0)).toBe(settled);
  expect(app).toMatchObject({ spent: (before?.spent ?? 0) + settled, held: 0 });
  const last = await operator.act(
    act({ kind: "forget", scope: "user", subject: "leaver", pseudonym: "nobody" }) as Act,
  );
  expect(last.kind).toBe("done");
  const { rows } = await pool.query(
    `SELECT (SELECT count(*) FROM ${SCHEMA}.threads WHERE user_id = 'leaver')::int AS threads,
       (SELECT count(*) FROM ${SCHEMA}.runs WHERE user_id = 'leaver')::int AS runs,
       (SELECT count(*) FROM ${SCHEMA}.items WHERE thread LIKE 'left-%')::int AS items,
       (SELECT count(*) FROM ${SCHEMA}.lines WHERE concat(user_id, act) LIKE '%leaver%')::int AS lines,
       (SELECT count(*) FROM ${SCHEMA}.holds WHERE user_id = 'leaver')::int AS holds,
       (SELECT count(*) FROM ${SCHEMA}.counters WHERE concat(family, subject) LIKE '%leaver%')::int AS counters`,
  );
  expect(rows).toEqual([{ threads: 0, runs: 0, items: 0, lines: 0, holds: 0, counters: 0 }]);
  expect(await operator.windows([lifetimeOf("nobody")])).toMatchObject([{ spent: settled }]);
  expect(deadlocks).toEqual([]);
}, 120_000);
