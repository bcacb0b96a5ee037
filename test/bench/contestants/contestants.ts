/** Everybody who can be measured by calls, by name: what a process is told to be. */
import { getThenIncrby, incrby } from "./bare-redis.ts";
import { redisLimiters, sqliteLimiters } from "./limiters.ts";
import { pairOn, reserveOn } from "./ours.ts";
import { bareGroupCommit, transactionAPair } from "./plain-postgres.ts";
import { checkThenAdd, transactionEach, twoUpdates } from "./plain-sqlite.ts";
import { type StoreName, openStore } from "./stores.ts";

type Call = () => Promise<unknown>;

/** Opens a contestant at a path or URL, and gives back its call. */
export const CONTESTANTS = {
  "SQLite pair": ours("SQLite"),
  "Redis pair": ours("Redis"),
  "Redis reserve": reserves("Redis"),
  "Postgres pair": ours("Postgres"),
  "SQLite transactions": transactionEach,
  "SQLite updates": twoUpdates,
  "SQLite check then add": checkThenAdd,
  "SQLite limiters": sqliteLimiters,
  "Redis limiters": redisLimiters,
  "Redis INCRBY": incrby,
  "Redis GET then INCRBY": getThenIncrby,
  "Postgres transactions": transactionAPair,
  "Postgres group commit": bareGroupCommit,
} as const satisfies Record<string, (place: string) => Call | Promise<Call>>;

export type ContestantName = keyof typeof CONTESTANTS;

function ours(name: StoreName): (place: string) => Promise<Call> {
  return async (place) => {
    const store = openStore(name, place);
    await store.open();
    return () => pairOn(store);
  };
}

function reserves(name: StoreName): (place: string) => Promise<Call> {
  return async (place) => {
    const store = openStore(name, place);
    await store.open();
    return () => reserveOn(store);
  };
}
