import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { afterAll, beforeAll, describe, test } from "vitest";
import { testRedis } from "../../../test/servers/redis.ts";
import { redis } from "../src/index.ts";
import { lifetime } from "./requests.ts";
import { nodeRedis } from "./stores.ts";

describe("several processes on one limit", () => {
  let server: Awaited<ReturnType<typeof testRedis>>;

  beforeAll(async () => {
    server = await testRedis();
  }, 300_000);
  afterAll(() => server.stop());

  test("spend it to the end, and not beyond", async () => {
    const [prefix, limit] = [`test-${randomUUID()}`, 5000];
    const spenders = Array.from({ length: 4 }, () =>
      fork(new URL("./spender.ts", import.meta.url), [server.url, prefix, String(limit)]),
    );
    const taken = await Promise.all(
      spenders.map(async (spender) => {
        const [said] = (await once(spender, "message")) as [{ readonly taken: number }];
        return said.taken;
      }),
    );
    const { client, close } = await nodeRedis(server.url);
    const store = redis(client, { prefix, warn: () => {} });
    const [state] = await store.windows([lifetime()]);
    const lines = await store.lines({ limit: 10_000 });
    await close();
    const sum = taken.reduce((a, b) => a + b, 0);
    assert.deepEqual([state?.spent, state?.held], [sum, 0]);
    assert.ok(sum <= limit && sum > limit - 7 * 64, `${sum} of ${limit}`);
    assert.equal(lines.length, sum / 5);
    assert.equal(new Set(lines.map((line) => "hold" in line && line.hold)).size, lines.length);
  }, 300_000);
});
