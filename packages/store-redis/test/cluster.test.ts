import { storeSuite } from "@assistants-budget/testkit";
import { Cluster } from "ioredis";
import { createCluster } from "redis";
import { afterAll, beforeAll, describe, test } from "vitest";
import { startCluster } from "../../../test/servers/redis.ts";
import { type OpenedClient, harness } from "./stores.ts";

async function nodeRedisCluster(ports: readonly number[]): Promise<OpenedClient> {
  const rootNodes = ports.map((port) => ({ url: `redis://127.0.0.1:${port}` }));
  const client = createCluster({ rootNodes });
  await client.connect();
  return { client, close: async () => client.destroy() };
}

async function ioredisCluster(ports: readonly number[]): Promise<OpenedClient> {
  const nodes = ports.map((port) => ({ host: "127.0.0.1", port }));
  const client = new Cluster(nodes, { lazyConnect: true });
  await client.connect();
  return { client, close: async () => client.disconnect() };
}

describe("a cluster of three", () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>;

  beforeAll(async () => {
    cluster = await startCluster();
  }, 300_000);
  afterAll(() => cluster.stop());

  describe.each([
    ["node-redis", nodeRedisCluster],
    ["ioredis", ioredisCluster],
  ])("through %s", (_name, connect) => {
    let opened: OpenedClient;

    beforeAll(async () => {
      opened = await connect(cluster.ports);
    });
    afterAll(() => opened.close());

    storeSuite(
      { describe, test },
      harness(() => opened.client),
    );
  });
});
