import { BudgetError, type Store } from "@assistants-budget/core/store";
import { type Ask, type PostgresClient, asking } from "./client.ts";
import { groupCommit } from "./commit/group-commit.ts";
import { ledger } from "./ledger.ts";
import { purging } from "./purging.ts";
import { migrate, schemaName } from "./schema.ts";
import { threads } from "./threads.ts";

/** Where the store lies in the database of the client, and how long it keeps what has ended. */
export interface PostgresOptions {
  /** The schema that holds the tables; made if absent. Default `assistants_budget`. */
  readonly schema?: string;
  /** Epoch ms; for tests. Default: the server's own clock. */
  readonly clock?: () => number;
  /**
   * How long windows, buckets and ended holds are kept after their end; after that a charge can't be
   * corrected or adjusted any more. Lines are kept for ever. Whole milliseconds, at least two days
   * (172,800,000). Default 30 days (2,592,000,000).
   */
  readonly keepMs?: number;
}

const DAY_MS = 86_400_000;

/**
 * The store on PostgreSQL 13 or newer, for several processes or machines. The app brings its client
 * and closes it; the schema is made or brought up to date at the first call. Every answer is given
 * after its commit, and each reserve is one round trip, shared with those that wait at the same time.
 *
 * Its methods throw what the client throws where the server can't be reached.
 *
 * @example
 *   postgres(new Pool({ connectionString })) // pg
 *   postgres({ query: async (text, values) => ({ rows: await sql.unsafe(text, values) }) }) // postgres
 */
export function postgres(client: PostgresClient, options: PostgresOptions = {}): Store {
  const plainName = options.schema ?? "assistants_budget";
  const schema = schemaName(plainName);
  const clock = (): number | null => options.clock?.() ?? null;
  const send = asking(client, schema);
  const purge = purging(send, { clock, keepMs: keptMs(options.keepMs) });
  let opened: Promise<void> | undefined;

  function open(): Promise<void> {
    opened ??= migrate(client, schema).catch((error: unknown) => {
      // The next call tries again.
      opened = undefined;
      throw error;
    });
    return opened;
  }
  const ask: Ask = async (call, ...args) => {
    await open();
    purge.occasion();
    return send(call, ...args);
  };
  const commit = groupCommit(ask, clock);

  return {
    name: `PostgreSQL, schema ${plainName}`,
    open,
    close: async () => {
      await commit.idle();
      await purge.idle();
    },
    ...ledger({ ask, commit, clock }),
    ...threads({ ask, clock }),
  };
}

/** @throws BudgetError `invalid_options` for less than anybody may still ask for a hold. */
function keptMs(keepMs: number = 30 * DAY_MS): number {
  if (Number.isSafeInteger(keepMs) && keepMs >= 2 * DAY_MS) return keepMs;
  throw new BudgetError("invalid_options", {
    message: `postgres(): keepMs: found ${keepMs}; expected whole milliseconds, at least ${2 * DAY_MS}.`,
  });
}
