import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "@assistants-budget/core/store";
import { afterEach, describe, test } from "vitest";
import { type RedisServer, SYNCED, startRedis } from "../../../test/servers/redis.ts";
import { type RedisOptions, redis } from "../src/index.ts";
import { charge, lifetime, request } from "./requests.ts";
import { type OpenedClient, bare } from "./stores.ts";

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type SendTo = (server: number, ...args: string[]) => Promise<unknown>;

/** A primary with a replica, and a name that leads to the one that is primary now. */
async function pair(): Promise<{
  readonly primary: RedisServer;
  readonly send: SendTo;
  readonly connect: (options?: RedisOptions) => Store;
  /** The replica hears nothing more from the primary. */
  readonly lag: () => Promise<void>;
  /** The primary dies, and the replica takes its place. */
  readonly failOver: () => Promise<void>;
}> {
  const settings = [...SYNCED, "--repl-diskless-sync-delay", "0"];
  const primary = await startRedis(settings);
  closing.push(() => primary.stop());
  const replica = await startRedis([...settings, "--replicaof", "127.0.0.1", String(primary.port)]);
  closing.push(() => replica.stop());
  const clients: OpenedClient[] = [];
  for (const { url } of [primary, replica]) {
    const opened = await bare(url);
    closing.push(() => opened.close());
    clients.push(opened);
  }
  let current = 0;
  const send: SendTo = async (server, ...args) => {
    const client = clients[server]?.client;
    assert.ok(client && "sendCommand" in client && !("getRandomNode" in client));
    return client.sendCommand(args);
  };
  const inStep = async () => {
    while (!/slave0:.*state=online/u.test(String(await send(0, "INFO", "replication"))))
      await sleep(20);
    assert.equal(await send(0, "WAIT", "1", "5000"), 1);
  };
  await inStep();
  return {
    primary,
    send,
    connect: (options = {}) => {
      const client = { sendCommand: (args: string[]) => send(current, ...args) };
      return redis(client, { recoveryMs: 300, warn: () => {}, ...options });
    },
    lag: async () => {
      await send(0, "WAIT", "1", "5000");
      // It goes on looking for a primary where there is none.
      await send(1, "REPLICAOF", "127.0.0.1", "1");
    },
    failOver: async () => {
      await primary.kill();
      await send(1, "REPLICAOF", "NO", "ONE");
      current = 1;
    },
  };
}

describe("a replica that takes over", () => {
  test("in step: everything is there", async () => {
    const { connect, failOver, send } = await pair();
    const store = connect({ wait: { replicas: 1, timeoutMs: 5000 } });
    const [paid, open] = [request(3, 10), request(4, 10)];
    await store.reserve(paid);
    await store.settle(paid.hold, charge(2));
    await store.reserve(open);
    await failOver();
    const after = connect();
    const [state] = await after.windows([lifetime()]);
    assert.deepEqual([state?.spent, state?.held], [2, 4]);
    assert.equal((await after.reserve(request(5, 10))).kind, "refused");
    assert.match(String(await send(1, "INFO", "replication")), /role:master/u);
  }, 60_000);

  test("lagging: what living processes know is brought back before anything is granted", async () => {
    const { connect, failOver, lag } = await pair();
    const [store, other] = [connect(), connect()];
    const [first, second, third] = [request(2, 20), request(3, 20), request(4, 20)];
    await store.reserve(first);
    await other.reserve(second);
    await lag();
    await store.settle(first.hold, charge(1));
    await other.settle(second.hold, charge(3));
    await store.reserve(third);
    await failOver();
    const [late] = await Promise.all([store.reserve(request(13, 20)), other.now()]);
    assert.equal(late.kind, "refused");
    const [state] = await store.windows([lifetime()]);
    assert.deepEqual([state?.spent, state?.held], [4, 4]);
    assert.equal((await store.lines({})).length, 2);
    assert.equal((await other.reserve(request(12, 20))).kind, "held");
  }, 60_000);

  test("that came after a process had opened is no other case", async () => {
    const { connect, failOver, lag, primary, send } = await pair();
    await send(1, "REPLICAOF", "NO", "ONE");
    while (/slave0:/u.test(String(await send(0, "INFO", "replication")))) await sleep(20);
    // To this one the server seems to forget nothing: it syncs, and has no replicas.
    const store = connect();
    await store.reserve(request(1, 20));
    await send(1, "REPLICAOF", "127.0.0.1", String(primary.port));
    while (!/slave0:.*state=online/u.test(String(await send(0, "INFO", "replication"))))
      await sleep(20);
    await lag();
    assert.equal((await store.reserve(request(15, 20))).kind, "held");
    await failOver();
    assert.equal((await store.reserve(request(5, 20))).kind, "refused");
    const [state] = await store.windows([lifetime()]);
    assert.equal(state?.held, 16);
  }, 60_000);

  test("lagging behind a process that is gone: those that live refuse nothing of their own", async () => {
    const { connect, failOver, lag } = await pair();
    const [store, gone] = [connect(), connect()];
    await store.reserve(request(2, 20));
    await lag();
    await gone.reserve(request(3, 20));
    await store.reserve(request(4, 20));
    await gone.close();
    await failOver();
    // Its hold can't be known: what is known stands, and not a nano-dollar of it is granted again.
    assert.equal((await store.reserve(request(15, 20))).kind, "refused");
    const [state] = await store.windows([lifetime()]);
    assert.equal(state?.held, 6);
  }, 60_000);

  test("without the data set is refused", async () => {
    const { connect, failOver, lag, send } = await pair();
    await lag();
    const store = connect();
    await store.reserve(request(8, 20));
    await send(1, "REPLICAOF", "NO", "ONE");
    await failOver();
    await assert.rejects(store.reserve(request(1, 20)), {
      code: "store_unavailable",
      message: /has lost its data/u,
    });
  }, 60_000);
});
