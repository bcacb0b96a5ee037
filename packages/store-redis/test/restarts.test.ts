import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "@assistants-budget/core/store";
import { afterEach, describe, test } from "vitest";
import { type RedisServer, SYNCED, startRedis } from "../../../test/servers/redis.ts";
import { redis } from "../src/index.ts";
import { charge, lifetime, request } from "./requests.ts";
import { type OpenedClient, ioredis, nodeRedis } from "./stores.ts";

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) {
    await close();
  }
});

async function server(settings: readonly string[]): Promise<RedisServer> {
  const started = await startRedis(settings);
  closing.push(() => started.stop());
  return started;
}

async function connect(
  { url }: RedisServer,
  client: (url: string) => Promise<OpenedClient> = ioredis,
): Promise<Store> {
  const opened = await client(url);
  closing.push(() => opened.close());
  return redis(opened.client, { recoveryMs: 300, warn: () => {} });
}

async function spentAndHeld(store: Store): Promise<readonly unknown[]> {
  const [state] = await store.windows([lifetime()]);
  return [state?.spent, state?.held];
}

describe("kill -9", () => {
  test.each([
    ["ioredis", ioredis],
    ["node-redis", nodeRedis],
  ])(
    "in the middle of a storm: what was answered is there (%s)",
    async (_name, client) => {
      const one = await server(SYNCED);
      const store = await connect(one, client);
      await store.open();
      const answered = { held: 0, paid: 0 };
      const spend = async (): Promise<void> => {
        for (let i = 0; i < 200; i += 1) {
          const asked = request(3, 1e9);
          if ((await store.reserve(asked)).kind !== "held") return;
          answered.held += 1;
          if ((await store.settle(asked.hold, charge(3))).kind === "settled") answered.paid += 1;
        }
      };
      const storm = Promise.allSettled(Array.from({ length: 16 }, spend));
      while (answered.paid < 100) {
        await sleep(1);
      }
      await one.kill();
      await one.start();
      await storm;
      const [spent, open] = (await spentAndHeld(await connect(one))) as [number, number];
      const { held, paid } = answered;
      // Answered at least; what was written but not answered may stand as well.
      assert.ok(spent >= paid * 3, `${spent} spent, ${paid * 3} answered`);
      assert.ok(spent + open >= held * 3, `${spent + open} taken, ${held * 3} answered`);
    },
    60_000,
  );

  test("without any file: the loss is seen, and nothing is read as unspent", async () => {
    const one = await server(["--appendonly", "no"]);
    const store = await connect(one);
    assert.equal((await store.reserve(request(8, 10))).kind, "held");
    await one.kill();
    await one.start();
    await assert.rejects(store.reserve(request(8, 10)), {
      code: "store_unavailable",
      message: /has lost its data/u,
    });
  }, 300_000);

  test("with an old snapshot: living processes bring back what it lacks", async () => {
    const one = await server(["--appendonly", "no"]);
    const [store, other] = [await connect(one), await connect(one)];
    const [first, second, third] = [request(2, 20), request(3, 20), request(4, 20)];
    await store.reserve(first);
    await other.reserve(second);
    const admin = await ioredis(one.url);
    closing.push(() => admin.close());
    assert.ok("call" in admin.client);
    await admin.client.call("SAVE", []);
    await store.settle(first.hold, charge(1));
    await other.settle(second.hold, charge(3));
    await store.reserve(third);
    await store.attach(third.hold, "resp_3");
    assert.deepEqual(await spentAndHeld(store), [4, 4]);
    await one.kill();
    await one.start();
    // Each process brings back its own at its next call; reserves wait for that.
    const [late] = await Promise.all([store.reserve(request(13, 20)), other.now()]);
    assert.equal(late.kind, "refused");
    assert.deepEqual(await spentAndHeld(store), [4, 4]);
    assert.equal((await store.lines({})).length, 2);
    const [open] = await store.holds({ expired: false, limit: 9 });
    assert.equal(open?.responseId, "resp_3");
    assert.equal((await other.reserve(request(12, 20))).kind, "held");
  }, 300_000);

  test("threads are brought back too", async () => {
    const one = await server(["--appendonly", "no"]);
    const store = await connect(one);
    const run = {
      id: "run-1",
      thread: "thread-1",
      user: "alice",
      assistant: "a",
      steps: [],
      text: "",
      status: "completed" as const,
      createdAt: 1,
    };
    const save = {
      run,
      append: [{ type: "message" }],
      from: 0,
      first: 0,
      close: true,
      leaseMs: 1000,
    };
    await store.saveRun(save);
    const admin = await ioredis(one.url);
    closing.push(() => admin.close());
    assert.ok("call" in admin.client);
    await admin.client.call("SAVE", []);
    const opened = await store.openThread({
      thread: "thread-1",
      user: "alice",
      run: "run-2",
      leaseMs: 60_000,
    });
    assert.equal(opened.kind, "open");
    const fence = opened.kind === "open" ? opened.fence : 0;
    await store.saveRun({ ...save, run: { ...run, id: "run-2" }, fence, from: 1 });
    await one.kill();
    await one.start();
    const items = await store.items({ thread: "thread-1", user: "alice" });
    assert.deepEqual(
      items?.map((item) => item.run),
      ["run-1", "run-2"],
    );
  }, 300_000);
});
