import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { isBudgetError } from "@assistants-budget/core";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type RedisServer, SYNCED, startRedis } from "../../../test/servers/redis.ts";
import { type RedisClient, type RedisOptions, redis } from "../src/index.ts";
import { charge, lifetime, request } from "./requests.ts";
import { type OpenedClient, bare } from "./stores.ts";

/** What a method is refused with: its code and message. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => assert.fail("not refused"),
    (found: unknown) => found,
  );
  assert.ok(isBudgetError(error), String(error));
  return `${error.code}: ${error.message}`;
}

async function warned(client: RedisClient, options: RedisOptions = {}): Promise<string[]> {
  const codes: string[] = [];
  const store = redis(client, { ...options, warn: ({ code }) => void codes.push(code) });
  await store.open();
  await store.open();
  await store.now();
  return codes;
}

describe("options", () => {
  const client = { sendCommand: async () => "OK" };
  test.each([
    [{ prefix: "" }, /prefix/u],
    [{ prefix: "a{b}" }, /prefix is a\{b\}; allowed is a text without braces/u],
    [{ keepMs: 0.5 }, /keepMs is 0.5/u],
    [{ recoveryMs: -1 }, /recoveryMs/u],
    [{ wait: { replicas: 0, timeoutMs: 1 } }, /wait/u],
  ])("%j are refused", async (options, message) => {
    assert.match(await refusal((async () => redis(client, options))()), message);
  });

  test("waiting for replicas is refused in a cluster", async () => {
    const cluster = { ...client, getRandomNode: () => undefined };
    const work = (async () => redis(cluster, { wait: { replicas: 1, timeoutMs: 1 } }))();
    assert.match(await refusal(work), /nothing with a cluster/u);
  });

  test("what is no client is refused", async () => {
    const nothing = (async () => redis({} as RedisClient))();
    assert.match(await refusal(nothing), /invalid_options: redis\(\): client is object/u);
  });
});

describe("a server of one's own", () => {
  let server: RedisServer;
  let opened: OpenedClient;
  let send: (...args: string[]) => Promise<unknown>;

  beforeAll(async () => {
    server = await startRedis([...SYNCED, "--repl-diskless-sync-delay", "0"]);
    opened = await bare(server.url);
    const { client } = opened;
    assert.ok("sendCommand" in client && !("getRandomNode" in client));
    send = (...args) => client.sendCommand(args);
  }, 300_000);
  afterAll(async () => {
    await opened.close();
    await server.stop();
  });

  test("that syncs every write is not warned about", async () => {
    assert.deepEqual(await warned(opened.client), []);
  });

  test("that may evict is refused, and nothing is written there", async () => {
    await send("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    const store = redis(opened.client, { prefix: "evicting" });
    assert.match(
      await refusal(store.reserve(request(1, 10))),
      /store_unavailable: Redis may evict budgets: maxmemory-policy is allkeys-lru\..*noeviction/u,
    );
    assert.deepEqual(await send("KEYS", "*evicting*"), []);
    await send("CONFIG", "SET", "maxmemory-policy", "noeviction");
    assert.equal((await store.reserve(request(1, 10))).kind, "held");
  });

  test("that does not sync is warned about, once", async () => {
    await send("CONFIG", "SET", "appendfsync", "everysec");
    assert.deepEqual(await warned(opened.client), ["ERR_AB_REDIS_NOT_SYNCED"]);
    await send("CONFIG", "SET", "appendonly", "no");
    assert.deepEqual(await warned(opened.client), ["ERR_AB_REDIS_NOT_KEPT"]);
    await send("CONFIG", "SET", "appendfsync", "always");
    await send("CONFIG", "SET", "appendonly", "yes");
  });

  test("that hides its settings is used, and said so", async () => {
    const hiding = {
      sendCommand: async (args: string[]) => {
        if (args[0] === "CONFIG") throw new Error("ERR unknown command 'CONFIG'");
        return send(...args);
      },
    };
    assert.deepEqual(await warned(hiding), ["ERR_AB_REDIS_CONFIG_HIDDEN"]);
  });

  test("without replicas can't be waited for", async () => {
    const store = redis(opened.client, { prefix: "waits", wait: { replicas: 1, timeoutMs: 20 } });
    const asked = request(1, 10);
    assert.match(await refusal(store.reserve(asked)), /Only 0 of 1 replicas/u);
  });

  test("with a replica is warned about, unless that is waited for", async () => {
    const replica = await startRedis([...SYNCED, "--replicaof", "127.0.0.1", String(server.port)]);
    try {
      for (;;) {
        if (/slave0:.*state=online/u.test(String(await send("INFO", "replication")))) break;
        await sleep(20);
      }
      const code = "ERR_AB_REDIS_REPLICAS_NOT_AWAITED";
      assert.deepEqual(await warned(opened.client, { prefix: "replicated" }), [code]);
      const wait = { replicas: 1, timeoutMs: 5000 };
      assert.deepEqual(await warned(opened.client, { prefix: "replicated", wait }), []);
      const store = redis(opened.client, { prefix: "replicated", wait });
      const asked = request(1, 10);
      assert.equal((await store.reserve(asked)).kind, "held");
      assert.equal((await store.settle(asked.hold, charge(1))).kind, "settled");
    } finally {
      await replica.stop();
    }
  }, 300_000);

  test("that was emptied is refused: nothing is read as unspent", async () => {
    const options = { prefix: "emptied" };
    const [one, other] = [redis(opened.client, options), redis(opened.client, options)];
    assert.equal((await one.reserve(request(8, 10))).kind, "held");
    assert.equal((await other.reserve(request(8, 10))).kind, "refused");
    await send("FLUSHALL");
    assert.match(await refusal(one.reserve(request(8, 10))), /has lost its data: .* is gone/u);
    assert.match(await refusal(other.windows([lifetime()])), /has lost its data/u);
    const cautious = redis(opened.client, { ...options, create: false });
    assert.match(await refusal(cautious.open()), /has no data set at .* `create` is false/u);
    // Somebody else began anew: that is another data set than the one that was known.
    assert.equal((await redis(opened.client, options).reserve(request(8, 10))).kind, "held");
    assert.match(await refusal(one.reserve(request(1, 10))), /is another data set/u);
  });

  test("whose scripts are flushed over and over does not notice", async () => {
    const store = redis(opened.client, { prefix: "flushed" });
    const flushing = setInterval(() => void send("SCRIPT", "FLUSH"), 1);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const asked = request(7, 700);
        const { kind } = await store.reserve(asked);
        if (kind === "held") await store.settle(asked.hold, charge(7));
        return kind;
      }),
    );
    clearInterval(flushing);
    assert.equal(outcomes.filter((kind) => kind === "held").length, 100);
    const [state] = await store.windows([lifetime()]);
    assert.deepEqual([state?.spent, state?.held], [700, 0]);
  });

  const lives = async (name: string) => Number(await send("PTTL", `{kept}:${name}`));
  const stands = async (name: string) => Number(await send("EXISTS", `{kept}:${name}`)) === 1;

  test("keeps counters and releases for a while, and what was charged for ever", async () => {
    let now = Date.now();
    const store = redis(opened.client, { prefix: "kept", keepMs: 1000, clock: () => now });
    const hour = (subject: string) => ({
      ...lifetime(subject),
      period: "hour",
      family: `user|usd|hour|${subject}`,
      start: now - 1000,
      end: now + 500,
    });
    const asked = request(1, 10);
    const [claim] = asked.claims;
    assert.ok(claim);
    const [charged, released] = ["alice", "bob"].map((subject) => ({
      ...request(1, 10),
      claims: [
        { ...claim, ...lifetime(subject) },
        { ...claim, ...hour(subject) },
      ],
    }));
    assert.ok(charged && released);
    await store.reserve(charged);
    await store.reserve(released);
    await store.settle(charged.hold, charge(1));
    await store.release(released.hold);
    const left = await lives(`h:${released.hold}`);
    assert.ok(left > 0 && left <= 1000, `released: ${left}`);
    assert.equal(await lives(`h:${charged.hold}`), -1);
    // Counters of ended windows go when others begin, and no sooner than is said.
    const begin = async (subject: string) =>
      store.reserve({ ...request(1, 10), claims: [{ ...claim, ...lifetime(subject) }] });
    for (let i = 0; i < 3; i += 1) {
      now += 450;
      await begin(`carol ${i}`);
      assert.ok(await stands("c:user|usd|hour|alice"));
    }
    // A clock that leaps is not believed until it has run for as long.
    now += 5000;
    await begin("dave");
    assert.ok(await stands("c:user|usd|hour|alice"));
    now -= 4950;
    for (let i = 0; i < 3; i += 1) {
      await begin(`eve ${i}`);
      assert.ok(await stands("c:user|usd|hour|alice"));
      now += 400;
    }
    await begin("frank");
    assert.ok(!(await stands("c:user|usd|hour|alice")));
    assert.ok(await stands("c:user|usd|lifetime|alice"));
    assert.equal((await store.lines({})).length, 1);
  });
});
