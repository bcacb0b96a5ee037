import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Store, WindowAt } from "@assistants-budget/core/store";
import { afterAll, beforeAll, describe, test } from "vitest";
import { testRedis } from "../../../test/servers/redis.ts";
import { type CommandClient, type RedisClient, redis } from "../src/index.ts";
import { charge, lifetime, request } from "./requests.ts";
import { type OpenedClient, bare } from "./stores.ts";

/** More than two pages of lines. */
const MANY = 2500;
const said = { by: "operator", why: "test" };

/** A day that is later asked for, too. */
function today(now: number): WindowAt {
  const window = lifetime();
  return { ...window, family: "user|usd|day|alice", period: "day", start: 0, end: now + 1e7 };
}

function storeOn(client: RedisClient, prefix = `test-${randomUUID()}`): Store {
  return redis(client, { prefix, warn: () => {} });
}

async function spendMany(store: Store): Promise<void> {
  await Promise.all(
    Array.from({ length: MANY }, async () => {
      const asked = request(1, 1e6);
      await store.reserve(asked);
      await store.settle(asked.hold, charge(1));
    }),
  );
}

describe("work that is done in pages", () => {
  let server: Awaited<ReturnType<typeof testRedis>>;
  let opened: OpenedClient;

  beforeAll(async () => {
    server = await testRedis();
    opened = await bare(server.url);
  }, 300_000);
  afterAll(async () => {
    await opened.close();
    await server.stop();
  });

  test("seeding a window while others spend counts each charge once", async () => {
    const store = storeOn(opened.client);
    await spendMany(store);
    const [claim] = request(5, 1e6).claims;
    assert.ok(claim);
    const asked = { ...request(5, 1e6), claims: [{ ...claim, ...today(await store.now()) }] };
    const [reply] = await Promise.all([store.reserve(asked), spendMany(store)]);
    assert.equal(reply.kind, "held");
    const [day, all] = await store.windows([today(await store.now()), lifetime()]);
    // The seeded hold is in the day alone; what was open then has settled there as well.
    assert.deepEqual([all?.spent, all?.held], [2 * MANY, 0]);
    assert.equal(day?.held, 5);
    assert.ok(day.spent >= MANY && day.spent <= 2 * MANY, `${day.spent} spent`);
    const after = await store.settle(asked.hold, charge(2));
    assert.equal(after.kind, "settled");
  }, 60_000);

  test("forgetting is finished when it is said again", async () => {
    const { client } = opened;
    assert.ok("sendCommand" in client && !("getRandomNode" in client));
    /** A process that dies after the first page of whatever has more than one. */
    const dying: CommandClient = {
      sendCommand: async (args) => {
        const reply = await client.sendCommand(args);
        if (reply === '["more"]') throw new Error("the process is gone");
        return reply;
      },
    };
    const prefix = `test-${randomUUID()}`;
    const store = storeOn(dying, prefix);
    await spendMany(store);
    const forget = {
      ...said,
      kind: "forget",
      id: "act-1",
      scope: "user",
      subject: "alice",
      pseudonym: "user-1",
    } as const;
    await assert.rejects(store.act(forget));
    const other = storeOn(client, prefix);
    const sums = async () => {
      const windows = [lifetime(), lifetime("user-1")];
      return (await other.windows(windows)).map(({ spent }) => spent);
    };
    assert.deepEqual(await sums(), [0, MANY]);
    assert.equal((await other.act(forget)).kind, "done");
    assert.equal((await other.act(forget)).kind, "already");
    const lines = await other.lines({ user: "user-1", limit: 2 * MANY });
    assert.equal(lines.length, MANY + 1);
    assert.ok(!JSON.stringify(await other.lines({ limit: 2 * MANY })).includes("alice"));
    assert.deepEqual(await other.lines({ user: "alice" }), []);
    assert.deepEqual(await sums(), [0, MANY]);
  }, 60_000);

  test("sums beyond 2^53 are rounded up, never down", async () => {
    const store = storeOn(opened.client);
    const most = Number.MAX_SAFE_INTEGER;
    for (const nano of [most, 2, 3]) {
      const asked = request(0, 1);
      const [claim] = asked.claims;
      assert.ok(claim);
      const claims = [{ ...claim, limit: null, cap: null }];
      await store.reserve({ ...asked, claims });
      await store.settle(asked.hold, charge(nano));
    }
    const [state] = await store.windows([lifetime()]);
    assert.ok(state && BigInt(state.spent) >= BigInt(most) + 5n, String(state?.spent));
    assert.ok(BigInt(state.spent) <= BigInt(most) + 9n, String(state.spent));
  });
});
