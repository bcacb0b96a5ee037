/** Our stores, opened by name: for processes that are told which by a message. */
import { type Store, memory } from "@assistants-budget/core/store";
import { postgres } from "@assistants-budget/store-postgres";
import { redis } from "@assistants-budget/store-redis";
import { sqlite } from "@assistants-budget/store-sqlite";
import { Redis } from "ioredis";
import { Pool } from "pg";

export type StoreName = "memory" | "SQLite" | "Redis" | "Postgres";

/** How many connections every Postgres contestant has. */
const CONNECTIONS = 32;

/** `place` is a path or a URL. */
export function openStore(name: StoreName, place: string): Store {
  switch (name) {
    case "memory":
      return memory();
    case "SQLite":
      return sqlite({ path: place });
    case "Redis":
      return redis(openRedis(place), { warn: () => undefined });
    case "Postgres":
      return postgres(openPool(place));
  }
}

export function openRedis(url: string): Redis {
  return ended(new Redis(url));
}

export function openPool(url: string): Pool {
  return ended(new Pool({ connectionString: url, max: CONNECTIONS }));
}

/** A server that is stopped at the end is no error. */
function ended<T extends { on(event: "error", listener: () => void): unknown }>(client: T): T {
  client.on("error", () => undefined);
  return client;
}
