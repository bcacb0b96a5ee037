/** The schema: made and brought up to date by one statement, whoever comes first. */
import { BudgetError } from "@assistants-budget/core/store";
import { type PostgresClient, sqlState } from "./client.ts";
import { ACTS } from "./sql/acts.ts";
import { CLOCK } from "./sql/clock.ts";
import { COMMIT } from "./sql/commit.ts";
import { CORRECT } from "./sql/correct.ts";
import { COUNTER_IDS } from "./sql/locks.ts";
import { NOTICES } from "./sql/notices.ts";
import { PURGE } from "./sql/purge.ts";
import { READING } from "./sql/reading.ts";
import { SEEDING } from "./sql/seeding.ts";
import { SETTINGS } from "./sql/settings.ts";
import { STATES, WINDOW } from "./sql/states.ts";
import { TABLES } from "./sql/tables.ts";
import { THREADS } from "./sql/threads.ts";
import { USERS } from "./sql/users.ts";

/** Each runs once, in order; a released one is never edited. */
const MIGRATIONS: readonly string[] = [
  // oxfmt-ignore
  [
    WINDOW, TABLES, CLOCK, COUNTER_IDS, STATES, SETTINGS, NOTICES, SEEDING, COMMIT, CORRECT,
    READING, THREADS, USERS, ACTS, PURGE,
  ].join("\n"),
];

const NEWER = "AB001";
const NO_UNICODE = "AB002";
const ISOLATED = "AB003";

/** A name that needs no escaping. @throws BudgetError `invalid_options` for any other. */
export function schemaName(schema: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(schema) && !schema.startsWith("pg_")) return `"${schema}"`;
  throw new BudgetError("invalid_options", {
    message: `postgres(): schema: found ${JSON.stringify(schema)}; expected a name of 1 to 63 small letters, digits and underscores that begins with no digit and not with pg_.`,
  });
}

/**
 * Brings the schema up to date. One statement, because a pool may give the next one another
 * connection; one process at a time, because several start at once.
 */
export async function migrate(client: PostgresClient, schema: string): Promise<void> {
  try {
    await client.query(migration(schema), []);
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    throw new BudgetError("store_unavailable", {
      message: `PostgreSQL schema ${schema} ${reason}`,
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string | undefined {
  const detail = error instanceof Error ? error.message : "";
  switch (sqlState(error)) {
    case NEWER:
      return `was written by a newer release of @assistants-budget/store-postgres (${detail}; this release knows ${MIGRATIONS.length}). Update this process, or give postgres(pool, { schema }) another name.`;
    case NO_UNICODE:
      return `lies in a database whose encoding is ${detail}. Use one that was made with ENCODING 'UTF8'.`;
    case ISOLATED:
      return `can't be used where transactions are ${detail} by default: its functions must see what others have committed while they waited. ALTER ROLE … SET default_transaction_isolation = 'read committed'.`;
    case "42501":
      return `can't be made or changed by this role (${detail}). Let it CREATE in the database, or run open() once as a role that may.`;
    default:
      return undefined;
  }
}

function migration(schema: string): string {
  const steps = MIGRATIONS.map(
    (text, i) => `
    IF found <= ${i} THEN
      EXECUTE $migration$${text.replaceAll("$.", `${schema}.`)}$migration$;
      INSERT INTO ${schema}.migrations (version) VALUES (${i + 1});
    END IF;`,
  ).join("");
  return `DO $do$
  DECLARE found int;
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('assistants-budget: ${schema}', 0));
    IF current_setting('server_encoding') <> 'UTF8' THEN
      RAISE EXCEPTION '%', current_setting('server_encoding') USING ERRCODE = '${NO_UNICODE}';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
      RAISE EXCEPTION '%', current_setting('transaction_isolation') USING ERRCODE = '${ISOLATED}';
    END IF;
    IF to_regclass('${schema}.migrations') IS NOT NULL THEN
      SELECT max(version) INTO found FROM ${schema}.migrations;
    END IF;
    found := coalesce(found, 0);
    IF found > ${MIGRATIONS.length} THEN
      RAISE EXCEPTION 'version %', found USING ERRCODE = '${NEWER}';
    END IF;
    IF found < ${MIGRATIONS.length} THEN
      IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF;${steps}
    END IF;
  END
  $do$`;
}
