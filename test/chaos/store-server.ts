/** What the store lies on: a file, or a server of this run's own that can be struck down. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../servers/postgres.ts";
import { startRedis } from "../servers/redis.ts";
import type { StorePlace } from "./open-store.ts";
import type { StoreName } from "./plan.ts";

export interface StoreServer {
  readonly place: StorePlace;
  /** Absent where there is no server. */
  readonly restart?: (how: "kill" | "shutdown", awayMs: number) => Promise<void>;
}

export async function storeServer(
  name: StoreName,
  closing: AsyncDisposableStack,
): Promise<StoreServer> {
  if (name === "sqlite") {
    const folder = await mkdtemp(join(tmpdir(), "assistants-budget-chaos-"));
    closing.defer(() => rm(folder, { recursive: true, force: true }));
    return { place: { store: name, path: join(folder, "budget.sqlite") } };
  }
  // Redis syncs each write by these settings, PostgreSQL each commit by its own.
  const server = await (name === "redis" ? startRedis() : startPostgres());
  closing.defer(() => server.stop());
  return {
    place: { store: name, url: server.url },
    restart: async (how, awayMs) => {
      await server[how]();
      await new Promise((resolve) => setTimeout(resolve, awayMs));
      await server.start();
    },
  };
}
