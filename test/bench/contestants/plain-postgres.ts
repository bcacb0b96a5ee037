/** PostgreSQL as it is used by hand, and the least that a common commit can be. */
import type { Pool } from "pg";
import { CHARGE, SPENT, claimsOf, nextRequest, subjectsOf } from "../requests.ts";
import { openPool } from "./stores.ts";

/** Makes the rows that all plain contestants share; whoever comes first. */
async function prepare(pool: Pool): Promise<void> {
  const today = new Date();
  const families = Array.from({ length: 1000 }, (_, turn) => claimsOf(subjectsOf(turn), today));
  const names = [...new Set(families.flat().map(({ family }) => family))];
  const client = await pool.connect();
  await client.query("BEGIN; SELECT pg_advisory_xact_lock(1)");
  await client.query(`
    CREATE TABLE IF NOT EXISTS plain_counters (
      family text PRIMARY KEY, spent bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 50);
    CREATE TABLE IF NOT EXISTS plain_lines (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      hold text NOT NULL, user_id text NOT NULL, nano bigint NOT NULL, facts text NOT NULL
    );
    CREATE INDEX IF NOT EXISTS plain_lines_user ON plain_lines (user_id)`);
  await client.query(
    "INSERT INTO plain_counters (family) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING",
    [names],
  );
  await client.query("COMMIT");
  client.release();
}

/** One transaction a pair, the row that everybody needs last: less than we do, which is two. */
export async function transactionAPair(url: string): Promise<() => Promise<void>> {
  const pool = openPool(url);
  await prepare(pool);
  const add = {
    name: "add",
    text: "UPDATE plain_counters SET spent = spent + $2 WHERE family = $1 AND spent + $2 <= $3",
  };
  const line = {
    name: "line",
    text: "INSERT INTO plain_lines (hold, user_id, nano, facts) VALUES ($1, $2, $3, $4)",
  };
  return async () => {
    const { hold, claims, facts } = nextRequest();
    const client = await pool.connect();
    await client.query("BEGIN");
    for (const { family, limit } of claims)
      await client.query({ ...add, values: [family, SPENT, limit] });
    const told = JSON.stringify({ ...CHARGE, ...facts });
    await client.query({ ...line, values: [hold, facts.user, SPENT, told] });
    await client.query("COMMIT");
    client.release();
  };
}

interface Step {
  readonly families: readonly string[];
  readonly hold: string;
  readonly user: string;
  readonly told: string;
}

/** Whatever waits goes out in one statement: sums and lines, nothing decided, nothing checked. */
export async function bareGroupCommit(url: string): Promise<() => Promise<void>> {
  const pool = openPool(url);
  await prepare(pool);
  let waiting: (Step & { readonly done: PromiseWithResolvers<void> })[] = [];
  let draining: Promise<void> | undefined;
  const text = `
    WITH added AS (
      UPDATE plain_counters c SET spent = c.spent + a.nano
      FROM (SELECT family, count(*) * ${SPENT} AS nano FROM unnest($1::text[]) family GROUP BY 1) a
      WHERE c.family = a.family)
    INSERT INTO plain_lines (hold, user_id, nano, facts)
    SELECT hold, user_id, ${SPENT}, facts
    FROM unnest($2::text[], $3::text[], $4::text[]) AS l (hold, user_id, facts)`;

  async function drain(): Promise<void> {
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const holds = batch.map(({ hold }) => hold);
      const users = batch.map(({ user }) => user);
      const values = [batch.flatMap(({ families }) => families), holds, users];
      await pool.query({ name: "batch", text, values: [...values, batch.map((s) => s.told)] });
      for (const { done } of batch) done.resolve();
    }
    draining = undefined;
  }
  const write = (step: Step): Promise<void> => {
    const done = Promise.withResolvers<void>();
    waiting.push({ ...step, done });
    draining ??= drain();
    draining.catch(done.reject);
    return done.promise;
  };

  return async () => {
    const { hold, claims, facts } = nextRequest();
    const step = { hold, families: claims.map(({ family }) => family), user: facts.user };
    await write({ ...step, told: JSON.stringify(facts) });
    await write({ ...step, told: JSON.stringify(CHARGE) });
  };
}
