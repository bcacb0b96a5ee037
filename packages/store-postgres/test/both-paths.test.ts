/** A batch is granted at once or decided one by one: the same replies, the same tables. */
import type { ReserveRequest, Store, WindowAt, WindowClaim } from "@assistants-budget/core/store";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testPostgres } from "../../../test/servers/postgres.ts";
import { type PostgresClient, postgres } from "../src/index.ts";
import { openPool } from "./open-pool.ts";
import { charge, lifetimeOf, request, rollingOf } from "./requests.ts";

const DAY = 86_400_000;
const TABLES = ["counters", "buckets", "holds", "lines", "line_subjects", "notices", "settings"];
/** Where the sums of a batch stand among what `commit_v1` takes: without them it goes one by one. */
const TOTALS = 3;

let server: Awaited<ReturnType<typeof testPostgres>>;
let pool: Pool;

async function drop(): Promise<void> {
  for (const schema of ["at_once", "in_turn"])
    await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
}

beforeAll(async () => {
  server = await testPostgres();
  pool = openPool(server.url);
}, 300_000);

afterAll(async () => {
  if (pool) await drop();
  await pool?.end();
  await server?.stop();
});

/** Counts the calls with reserves in them, by whether these were granted at once. */
function watched(isInTurn: boolean) {
  const seen = { atOnce: 0, inTurn: 0 };
  const client: PostgresClient = {
    query: async (text, values) => {
      const isCommit = text.startsWith("SELECT") && text.includes("commit_v1(");
      const sent = isCommit && isInTurn ? values.with(TOTALS, null) : values;
      const reply = await pool.query<Record<string, unknown>>(text, sent);
      const told = String(reply.rows[0]?.["reply"]);
      if (isCommit && values[7] !== "{}")
        seen[told.includes('"reserves":') ? "inTurn" : "atOnce"] += 1;
      return reply;
    },
  };
  return { client, seen };
}

/** Whole numbers from 0 on, below `end`: the same for the same seed. */
function draws(seed: number): (end: number) => number {
  let last = seed;
  return (end) => (last = (last * 48_271) % 2_147_483_647) % end;
}

type Step = (store: Store) => Promise<unknown>;

function windowsOf(user: string, now: number): readonly WindowAt[] {
  const start = Math.floor(now / DAY) * DAY;
  const own = lifetimeOf(user);
  const dated = { period: "day", family: `user|usd|day|${user}`, start, end: start + DAY };
  return [
    own,
    { ...own, ...dated },
    rollingOf(user),
    { ...own, unit: "tokens", family: `user|tokens|lifetime|${user}` },
    { ...own, unit: "runs", family: `user|runs|lifetime|${user}` },
    rollingOf(`tenant of ${user}`, "tenant"),
    lifetimeOf("app", "app"),
  ];
}

/** What users ask for in one go. */
function demands(draw: (end: number) => number) {
  let made = 0;
  const holds: ReserveRequest[] = [];

  function claimOf(window: WindowAt): WindowClaim {
    // Some limits are for one or two more, some for all, and some are none.
    const limit = [null, 40 + draw(400), 100_000, 100_000][draw(4)] ?? null;
    if (window.unit === "runs") return { ...window, limit, cap: limit, fixed: 1000, perOutput: 0 };
    const parts = { fixed: draw(9000), perOutput: draw(300) };
    return { ...window, limit, cap: draw(5) === 0 ? null : limit, ...parts };
  }

  function reserve(now: number, isTight: boolean): Step {
    if (holds.length > 0 && draw(15) === 0) return again(draw(holds.length));
    const user = ["alice", "bob", "carol"][draw(3)] ?? "";
    const windows = windowsOf(user, now).filter(() => draw(4) > 0);
    const claims = windows.map((window) =>
      isTight ? claimOf(window) : { ...claimOf(window), limit: 1e9, cap: 1e9 },
    );
    const plain = request(`hold-${(made += 1)}`, claims, 0);
    const min = draw(10);
    const asked = {
      ...plain,
      output: { min, max: min + draw(40) },
      ceiling: { fixed: draw(9000), perOutput: draw(300) },
      thresholds: [[], [500, 1000], [900]][draw(3)] ?? [],
      subjects: [{ scope: "user", subject: user, version: 0 }],
      facts: { ...plain.facts, user, subjects: { tenant: `tenant of ${user}` } },
    };
    holds.push(asked);
    return (store) => store.reserve(asked);
  }

  function again(which: number): Step {
    const asked = holds[which];
    return async (store) => asked && store.reserve(asked);
  }

  function end(): Step {
    const which = draw(holds.length + 1);
    const hold = holds[which]?.hold ?? "nobody's";
    if (draw(5) === 0) return (store) => store.release(hold);
    const said = { ...charge(draw(60)), tokens: draw(60) };
    // Always the same of a hold: a correction is a call of its own, beside those that go on meanwhile.
    const known = which % 4 === 0 ? "assumed" : "reported";
    return (store) => store.settle(hold, { ...said, known });
  }

  return (now: number, isTight: boolean): readonly Step[] =>
    Array.from({ length: 1 + draw(12) }, () => (draw(2) === 0 ? end() : reserve(now, isTight)));
}

async function rowsOf(schema: string): Promise<Readonly<Record<string, unknown>>> {
  const rows: Record<string, unknown> = {};
  for (const table of TABLES) {
    const text = `SELECT row_to_json(t)::text AS row FROM ${schema}.${table} t ORDER BY 1`;
    rows[table] = (await pool.query<{ row: string }>(text)).rows.map(({ row }) => row);
  }
  return rows;
}

const SEEDS = [2026, 1122, 77];

test.each(SEEDS)(
  "random batches, seed %d",
  async (seed) => {
    await drop();
    const draw = draws(seed);
    const next = demands(draw);
    const [atOnce, inTurn] = [watched(false), watched(true)];
    let now = Date.UTC(2026, 10, 22, 12);
    const clock = () => now;
    const stores = [
      postgres(atOnce.client, { schema: "at_once", clock }),
      postgres(inTurn.client, { schema: "in_turn", clock }),
    ];
    const told: unknown[][] = [[], []];
    for (let round = 0; round < 60; round += 1) {
      now += draw(6) === 0 ? draw(DAY) : draw(60_000);
      const steps = next(now, draw(3) === 0);
      const window = lifetimeOf("alice");
      const credit = { id: `act-${round}`, by: "ops", why: "a test", amount: draw(50) } as const;
      const isCredited = draw(12) === 0;
      const work = stores.map(async (store, i) => {
        told[i]?.push(...(await Promise.all(steps.map((step) => step(store)))));
        if (isCredited) told[i]?.push(await store.act({ ...credit, kind: "credit", window }));
        if (round % 10 === 9) told[i]?.push(await rowsOf(i === 0 ? "at_once" : "in_turn"));
      });
      await Promise.all(work);
    }
    expect(told[0]).toEqual(told[1]);
    expect(inTurn.seen.atOnce).toBe(0);
    expect(atOnce.seen.atOnce).toBeGreaterThan(10);
    expect(atOnce.seen.inTurn).toBeGreaterThan(5);
  },
  60_000,
);
