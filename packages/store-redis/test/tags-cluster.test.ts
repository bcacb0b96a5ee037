import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Cluster } from "ioredis";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { startCluster } from "../../../test/servers/redis.ts";
import { charge } from "./requests.ts";
import { app, numbers, slicesOf, step, tagged } from "./tags.ts";

vi.setConfig({ testTimeout: 120_000 });

describe("tags on a cluster of three", () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>;
  let client: Cluster;

  beforeAll(async () => {
    cluster = await startCluster();
    const nodes = cluster.ports.map((port) => ({ host: "127.0.0.1", port }));
    client = new Cluster(nodes, { lazyConnect: true });
    client.on("error", () => {});
    await client.connect();
  }, 300_000);
  afterAll(async () => {
    client.disconnect();
    await cluster.stop();
  });

  test("tenants lie on different nodes, and one limit holds for all of them", async () => {
    const prefix = `test-${randomUUID()}`;
    const store = tagged(client, prefix);
    const random = numbers(2026);
    const limit = 5000;
    const tenants = Array.from({ length: 9 }, (_, i) => `tenant-${i}`);
    let paid = 0;
    await Promise.all(
      tenants.map(async (tenant) => {
        for (;;) {
          const takes = 1 + random(40);
          const one = step({ tenant, takes, limit });
          if ((await store.reserve(one)).kind !== "held") return;
          const cost = random(takes + 1);
          await store.settle(one.hold, charge(cost));
          paid += cost;
        }
      }),
    );
    const [state] = await store.windows([app()]);
    assert.deepEqual([state?.spent, state?.held], [paid, 0]);
    assert.ok(paid <= limit && paid > limit * 0.97, `${paid} of ${limit}`);
    for (const { lent, has } of await slicesOf(client, prefix)) assert.ok(has <= lent);

    const homes = new Map<string, Set<number>>();
    for (const [i, node] of client.nodes("master").entries())
      for (const key of await node.keys(`{${prefix}{*`)) {
        const tenant = /\{[^{]*\{([^}]*)\}/u.exec(key)?.[1] ?? "";
        homes.set(tenant, (homes.get(tenant) ?? new Set()).add(i));
      }
    assert.equal(homes.size, tenants.length);
    for (const [tenant, nodes] of homes) assert.equal(nodes.size, 1, `${tenant} lies on one node`);
    const used = new Set([...homes.values()].flatMap((nodes) => [...nodes]));
    assert.ok(used.size > 1, "all tenants lie on one node");
  });
});
