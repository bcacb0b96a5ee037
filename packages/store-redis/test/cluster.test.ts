import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { storeSuite } from "@assistants-budget/testkit";
import { Cluster } from "ioredis";
import { createCluster } from "redis";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { startCluster } from "../../../test/servers/redis.ts";
import { redis } from "../src/index.ts";
import { charge, lifetime, request } from "./requests.ts";
import { type OpenedClient, harness } from "./stores.ts";

// On a machine that has much else to do, ten thousand subjects take their time.
vi.setConfig({ testTimeout: 60_000 });

async function nodeRedisCluster(ports: readonly number[]): Promise<OpenedClient> {
  const rootNodes = ports.map((port) => ({ url: `redis://127.0.0.1:${port}` }));
  const client = createCluster({ rootNodes });
  client.on("error", () => {});
  await client.connect();
  return { client, close: async () => client.destroy() };
}

async function ioredisCluster(ports: readonly number[]): Promise<OpenedClient> {
  const nodes = ports.map((port) => ({ host: "127.0.0.1", port }));
  const client = new Cluster(nodes, { lazyConnect: true });
  client.on("error", () => {});
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

    test("each node may be killed and started again: what was answered is there", async () => {
      const store = redis(opened.client, { prefix: `test-${randomUUID()}`, warn: () => {} });
      const [paid, open] = [request(3, 10), request(4, 10)];
      await store.reserve(paid);
      await store.settle(paid.hold, charge(2));
      await store.reserve(open);
      await cluster.restart();
      assert.equal((await answered(() => store.reserve(request(5, 10)))).kind, "refused");
      assert.equal((await answered(() => store.settle(open.hold, charge(4)))).kind, "settled");
      const [state] = await store.windows([lifetime()]);
      assert.deepEqual([state?.spent, state?.held], [6, 0]);
    }, 60_000);
  });
});

/** Asked again, as the core does, until the client has found its way back. */
async function answered<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(100);
    }
  }
}
