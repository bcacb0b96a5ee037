import assert from "node:assert/strict";
import type { Store } from "@assistants-budget/core/store";
import { afterEach, describe, test } from "vitest";
import { type RedisServer, startRedis } from "../../../test/servers/redis.ts";
import { redis } from "../src/index.ts";
import { charge, lifetime, request } from "./requests.ts";
import { ioredis } from "./stores.ts";

const RECOVERY_MS = 600;
const EVERY_SECOND = ["--appendonly", "yes", "--appendfsync", "everysec"];
const alice = { scope: "user", subject: "alice" };
const said = { by: "operator", why: "test" };
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function server(): Promise<RedisServer> {
  const started = await startRedis(EVERY_SECOND);
  closing.push(() => started.stop());
  return started;
}

/** A process of its own, as far as the server can tell. */
async function connect({ url }: RedisServer): Promise<Store> {
  const opened = await ioredis(url);
  closing.push(() => opened.close());
  return redis(opened.client, { recoveryMs: RECOVERY_MS, warn: () => {} });
}

/** Everything that a store tells of alice. */
async function picture(store: Store): Promise<unknown> {
  const holds = await store.holds({ expired: false, limit: 9 });
  return {
    windows: await store.windows([lifetime(), lifetime("bob")]),
    lines: await store.lines({ user: "alice" }),
    settings: await store.settings([alice, { ...alice, subject: "bob" }]),
    holds: holds.map(({ id, facts }) => [id, facts.user]),
  };
}

describe("a power cut, where the file is synced each second", () => {
  test("what was forgotten is brought back, by living processes, as it was", async () => {
    const one = await server();
    const store = await connect(one);
    const [kept, settled, open] = [request(2, 20), request(3, 20), request(4, 20)];
    await store.reserve(kept);
    const synced = await one.written();
    await store.settle(kept.hold, charge(1));
    await store.reserve(settled);
    await store.settle(settled.hold, charge(3));
    await store.reserve(open);
    await store.attach(open.hold, "resp_1");
    const credit = { kind: "credit", id: "act-1", window: lifetime(), amount: 5, ...said } as const;
    assert.equal((await store.act(credit)).kind, "done");
    const adjusting = { kind: "adjustment", id: "act-2", hold: settled.hold, nano: 7 } as const;
    assert.equal((await store.act({ ...adjusting, ...said })).kind, "done");
    assert.equal(
      (await store.act({ kind: "freeze", id: "act-3", ...alice, ...said })).kind,
      "done",
    );
    const before = await picture(store);

    await one.kill();
    await one.cut(synced);
    await one.start();
    assert.deepEqual(await picture(store), before);
    assert.equal((await store.act(credit)).kind, "already");
    const asked = request(1, 20);
    assert.equal((await store.reserve(asked)).kind, "settings");
  }, 60_000);

  test("also who was merged and what was noticed", async () => {
    const one = await server();
    const store = await connect(one);
    const asked = request(8, 20);
    await store.reserve(asked);
    const synced = await one.written();
    const merge = {
      kind: "merge",
      id: "act-1",
      scope: "user",
      subject: "alice",
      into: "bob",
    } as const;
    assert.equal((await store.act({ ...merge, ...said })).kind, "done");
    const reply = await store.settle(asked.hold, charge(17));
    assert.ok(reply.kind === "settled" && reply.noticed);
    const before = await picture(store);

    await one.kill();
    await one.cut(synced);
    await one.start();
    assert.deepEqual(await picture(store), before);
    const taken = await store.takeNotices({ owner: "process", leaseMs: 1000, limit: 9 });
    assert.deepEqual(
      taken.map(({ threshold, window }) => [threshold, window.subject]),
      [
        [500, "bob"],
        [800, "bob"],
      ],
    );
  }, 60_000);

  test("reserves wait for that, also those of a process that knows of nothing", async () => {
    const one = await server();
    const store = await connect(one);
    await store.reserve(request(1, 10));
    const synced = await one.written();
    const spent = request(9, 10);
    assert.equal((await store.reserve(spent)).kind, "held");
    await one.kill();
    await one.cut(synced);
    await one.start();
    // The old process calls at last; meanwhile a new one has asked for what seems to be free.
    const late = await connect(one);
    const [refused] = await Promise.all([
      late.reserve(request(9, 10)),
      (async () => {
        await new Promise((resolve) => setTimeout(resolve, RECOVERY_MS / 3));
        await store.now();
      })(),
    ]);
    assert.equal(refused.kind, "refused");
    assert.deepEqual((await late.holds({ expired: false, limit: 9 })).length, 2);
  }, 60_000);

  test("more than a process remembers is refused by it, in clear words", async () => {
    const one = await server();
    const store = await connect(one);
    await store.reserve(request(0, 10));
    const synced = await one.written();
    // More than the journal holds, in few round trips.
    for (let i = 0; i < 21; i += 1)
      await Promise.all(Array.from({ length: 1000 }, () => store.reserve(request(0, 10))));
    await one.kill();
    await one.cut(synced);
    await one.start();
    await assert.rejects(store.reserve(request(1, 10)), {
      code: "store_unavailable",
      message: /has forgotten writes since number \d+ of \d+, more than this process remembers/u,
    });
  }, 120_000);
});
