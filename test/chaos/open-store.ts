/** How a process comes to the common store: from plain data that can be handed to it. */
import type { Store } from "@assistants-budget/core/store";
import { postgres } from "@assistants-budget/store-postgres";
import { redis } from "@assistants-budget/store-redis";
import { sqlite } from "@assistants-budget/store-sqlite";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { type PlantedFault, withPlanted } from "./planted-faults.ts";

/** Where the store is. */
export type StorePlace =
  | { readonly store: "sqlite"; readonly path: string }
  | { readonly store: "redis" | "postgres"; readonly url: string };

export interface OpenedStore {
  readonly store: Store;
  /** Ends the clients that were opened for it; the store itself is closed by whoever uses it. */
  readonly end: () => Promise<void>;
}

export interface StoreTerms {
  readonly planted?: PlantedFault | undefined;
  /** A clock in place of the store's own, epoch ms. */
  readonly clock?: () => number;
}

export function openStore(place: StorePlace, { planted, clock }: StoreTerms = {}): OpenedStore {
  const { store, end } = connect(place, clock ? { clock } : {});
  return { store: withPlanted(store, planted), end };
}

function connect(place: StorePlace, time: Pick<StoreTerms, "clock">): OpenedStore {
  switch (place.store) {
    case "sqlite":
      return { store: sqlite({ path: place.path, ...time }), end: async () => undefined };
    case "redis": {
      const client = new Redis(place.url, { retryStrategy: () => 100 });
      // A server that is away is no reason to end a process: its calls say so.
      client.on("error", () => undefined);
      const store = redis(client, { warn: () => undefined, ...time });
      return { store, end: async () => client.disconnect() };
    }
    case "postgres": {
      const pool = new Pool({ connectionString: place.url, max: 8 });
      pool.on("error", () => undefined);
      return { store: postgres(pool, time), end: () => pool.end() };
    }
  }
}
