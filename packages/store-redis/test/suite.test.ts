import { storeSuite } from "@assistants-budget/testkit";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { testRedis } from "../../../test/servers/redis.ts";
import { type OpenedClient, bare, harness, ioredis, nodeRedis } from "./stores.ts";

// On a machine that has much else to do, ten thousand subjects take their time.
vi.setConfig({ testTimeout: 60_000 });

describe.each([
  ["node-redis", nodeRedis],
  ["ioredis", ioredis],
  ["sendCommand", bare],
])("through %s", (_name, connect) => {
  let server: Awaited<ReturnType<typeof testRedis>>;
  let opened: OpenedClient;

  beforeAll(async () => {
    server = await testRedis();
    opened = await connect(server.url);
  }, 300_000);
  afterAll(async () => {
    await opened.close();
    await server.stop();
  });

  storeSuite(
    { describe, test },
    harness(() => opened.client),
  );
});
