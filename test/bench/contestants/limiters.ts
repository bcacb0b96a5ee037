/** rate-limiter-flexible with a limiter for each of our five windows. It counts, and writes no ledger. */
import { DatabaseSync } from "node:sqlite";
import {
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterRes,
  RateLimiterSQLite,
  RateLimiterUnion,
} from "rate-limiter-flexible";
import { SPENT, subjectsOf } from "../requests.ts";
import { openRedis } from "./stores.ts";

interface Settings {
  readonly keyPrefix: string;
  readonly points: number;
  readonly duration: number;
}

const DAY = 86_400;
/** In memory it forgets by a timer, and a timer can't be longer. */
const MONTH = 24 * DAY;
const WINDOWS: readonly Settings[] = [
  { keyPrefix: "user-day", duration: DAY, points: 9e15 },
  { keyPrefix: "user-month", duration: MONTH, points: 9e15 },
  { keyPrefix: "thread", duration: 0, points: 9e15 },
  { keyPrefix: "tenant-month", duration: MONTH, points: 9e15 },
  { keyPrefix: "app-month", duration: MONTH, points: 9e15 },
];

/** Its own way to ask several limiters at once; it takes one key for all of them. */
export function memoryUnion(): () => Promise<unknown> {
  const union = new RateLimiterUnion(...WINDOWS.map((window) => new RateLimiterMemory(window)));
  let turn = 0;
  return () => union.consume(subjectsOf((turn += 1)).user, SPENT);
}

export function redisLimiters(url: string): () => Promise<unknown> {
  const storeClient = openRedis(url);
  return five(WINDOWS.map((window) => new RateLimiterRedis({ storeClient, ...window })));
}

/** Through its door for better-sqlite3, on the same `node:sqlite` as everybody else here. */
export function sqliteLimiters(path: string): () => Promise<unknown> {
  const db = new DatabaseSync(path);
  db.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE limits (key TEXT PRIMARY KEY, points INTEGER NOT NULL DEFAULT 0, expire INTEGER)`);
  const storeClient = {
    prepare: (sql: string) => db.prepare(sql),
    transaction: (work: () => unknown) => () => {
      db.exec("BEGIN IMMEDIATE");
      const reply = work();
      db.exec("COMMIT");
      return reply;
    },
  };
  const made = { storeClient, storeType: "better-sqlite3", tableName: "limits" };
  const options = { ...made, tableCreated: true };
  return five(WINDOWS.map((window) => new RateLimiterSQLite({ ...options, ...window })));
}

type Limiter = { consume(key: string, points: number): Promise<RateLimiterRes> };

/** What a step has to ask: its five windows, each by its own key. */
function five(limiters: readonly Limiter[]): () => Promise<unknown> {
  let turn = 0;
  return () => {
    const { user, thread, tenant } = subjectsOf((turn += 1));
    const keys = [user, user, thread, tenant, "app"];
    return Promise.all(limiters.map((limiter, i) => limiter.consume(keys[i] ?? "", SPENT)));
  };
}
