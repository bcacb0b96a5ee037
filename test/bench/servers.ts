/** The servers that scenarios are measured against: private ones, on free ports. */
import { Client } from "pg";
import { startPostgres } from "../servers/postgres.ts";
import { startRedis } from "../servers/redis.ts";

/** As most of them run in production: everything is written, synced each second. */
const REDIS_SETTINGS = ["--appendonly", "yes", "--appendfsync", "everysec"];

/** The URL of a Redis that ends with the scenario. */
export function redisServer(closing: AsyncDisposableStack): Promise<string> {
  return urlOf(startRedis(REDIS_SETTINGS), closing);
}

/** The URL of a PostgreSQL that syncs its commits and ends with the scenario. */
export function postgresServer(closing: AsyncDisposableStack): Promise<string> {
  return urlOf(startPostgres(), closing);
}

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** Ctrl-C may come while it starts: then it is stopped as soon as it has. */
async function urlOf(starting: Promise<Server>, closing: AsyncDisposableStack): Promise<string> {
  closing.defer(() =>
    starting.then(
      (server) => server.stop(),
      () => undefined,
    ),
  );
  return (await starting).url;
}

/** Tells the planner how large the tables are, as the server does by itself within a minute. */
export async function analyze(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("ANALYZE");
  await client.end();
}
