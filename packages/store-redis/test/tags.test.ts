import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type {
  ReserveReply,
  ReserveRequest,
  Store,
  WindowClaim,
} from "@assistants-budget/core/store";
import { afterAll, beforeAll, beforeEach, describe, test, vi } from "vitest";
import { testRedis } from "../../../test/servers/redis.ts";
import type { CallClient } from "../src/index.ts";
import { charge } from "./requests.ts";
import { type OpenedClient, ioredis } from "./stores.ts";
import { type Step, app, claimOf, numbers, slicesOf, step, tagged } from "./tags.ts";

vi.setConfig({ testTimeout: 120_000 });

let server: Awaited<ReturnType<typeof testRedis>>;
let opened: OpenedClient;
let client: CallClient;
let prefix: string;

beforeAll(async () => {
  server = await testRedis();
  opened = await ioredis(server.url);
  assert.ok("call" in opened.client);
  ({ client } = { client: opened.client });
}, 300_000);
afterAll(async () => {
  await opened.close();
  await server.stop();
});
beforeEach(() => {
  prefix = `test-${randomUUID()}`;
});

/** Counts calls, and loses those that it is told to. */
function flaky(fails: (call: number) => "sent" | "lost" | "dead" | false): {
  readonly client: CallClient;
  readonly calls: () => number;
} {
  let calls = 0;
  return {
    calls: () => calls,
    client: {
      call: async (command, args) => {
        calls += 1;
        const how = fails(calls);
        if (how === "dead" || how === "lost") throw new Error("the connection is lost");
        const reply = await client.call(command, args);
        if (how === "sent") throw new Error("the answer is lost");
        return reply;
      },
    },
  };
}

async function tried(store: Store, one: Step): Promise<ReserveReply["kind"]> {
  return (await store.reserve(step(one))).kind;
}

/** What is lent is never more than the limit, and no tag has more than it was lent. */
async function holds(limit: number): Promise<void> {
  const slices = await slicesOf(client, prefix);
  const lent = slices.reduce((sum, slice) => sum + slice.lent, 0);
  assert.ok(lent <= limit, `${lent} of ${limit} is lent`);
  for (const { tag, lent: of, has } of slices) assert.ok(has <= of, `${tag}: ${has} of ${of}`);
}

async function spent(store: Store): Promise<number> {
  const [state] = await store.windows([app()]);
  return (state?.spent ?? 0) + (state?.held ?? 0);
}

/** A step whose route lowers a limit of 100 to 70. */
function narrow(takes: number): ReserveRequest {
  const one = step({ tenant: "b", takes, limit: 70 });
  return { ...one, claims: one.claims.map((claim) => ({ ...claim, cap: 100 })) };
}

/** A period that was always counted, and one that a later deploy brought. */
function twoPeriods(takes: number): readonly WindowClaim[] {
  return [claimOf(app(), takes, 100), claimOf(app("year"), takes, 30)];
}

/** A tenant that takes a slice, spends, and must call back what another one has. */
async function story(store: Store): Promise<void> {
  const limit = 100;
  for (const [tenant, takes] of [
    ["a", 5],
    ["b", 40],
    ["a", 30],
    ["b", 9],
  ] as const) {
    const one = step({ tenant, takes, limit });
    const { kind } = await store.reserve(one);
    if (kind === "held" && takes === 30) await store.settle(one.hold, charge(10));
  }
}

describe("many tenants under one limit", () => {
  test("never spend more than it, and leave nearly nothing", async () => {
    const limit = 20_000;
    const random = numbers(2026);
    const stores = [tagged(client, prefix), tagged(client, prefix)];
    let paid = 0;
    const work = Array.from({ length: 24 }, async (_, i) => {
      const store = stores[i % 2] ?? assert.fail();
      for (;;) {
        const one = step({ tenant: `tenant-${i % 8}`, takes: 1 + random(60), limit });
        if ((await store.reserve(one)).kind !== "held") return;
        const cost = random((one.claims[0]?.fixed ?? 0) / 1000 + 1);
        await store.settle(one.hold, charge(cost));
        paid += cost;
      }
    });
    await Promise.all(work);
    await holds(limit);
    const [store = assert.fail()] = stores;
    assert.equal(await spent(store), paid);
    assert.ok(paid <= limit);
    // Whoever comes last gets all that is free anywhere.
    const left = limit - paid;
    const last = tagged(client, prefix);
    assert.equal(await tried(last, { tenant: "late", takes: left + 1, limit }), "refused");
    await last.close();
    if (left > 0)
      assert.equal(
        await tried(tagged(client, prefix), { tenant: "late", takes: left, limit }),
        "held",
      );
    assert.ok(left < limit / 100, `${left} was left`);
  });

  test("with room in its slice a reserve is one round trip", async () => {
    const { client: counted, calls } = flaky(() => false);
    const store = tagged(counted, prefix);
    assert.equal(await tried(store, { tenant: "acme", takes: 1, limit: 1000 }), "held");
    const before = calls();
    assert.equal(await tried(store, { tenant: "acme", takes: 1, limit: 1000 }), "held");
    assert.equal(calls() - before, 1);
  });

  test.each(["usd", "tokens", "runs"] as const)("%s are sliced in their own unit", async (unit) => {
    const store = tagged(client, prefix);
    const of = (tenant: string, takes: number) => {
      const one = step({ tenant, takes, limit: 10 });
      return { ...one, claims: [claimOf(app("lifetime", unit), takes, 10)] };
    };
    assert.equal((await store.reserve(of("a", 3))).kind, "held");
    assert.equal((await store.reserve(of("b", 6))).kind, "held");
    assert.equal((await store.reserve(of("c", 2))).kind, "refused");
    assert.equal((await store.reserve(of("c", 1))).kind, "held");
  });

  test("a limit that was lowered for a step holds for it over all tenants", async () => {
    const store = tagged(client, prefix);
    assert.equal(await tried(store, { tenant: "a", takes: 60, limit: 100 }), "held");
    assert.equal((await store.reserve(narrow(8))).kind, "held");
    assert.equal((await store.reserve(narrow(3))).kind, "refused");
    assert.equal((await store.reserve(narrow(2))).kind, "held");
    assert.equal(await tried(store, { tenant: "b", takes: 30, limit: 100 }), "held");
  });

  test("a lower limit holds for the next step, whatever is leased", async () => {
    const store = tagged(client, prefix);
    for (const tenant of ["a", "b"])
      assert.equal(await tried(store, { tenant, takes: 10, limit: 1000 }), "held");
    assert.equal(await tried(store, { tenant: "a", takes: 5, limit: 24 }), "refused");
    assert.equal(await tried(store, { tenant: "b", takes: 4, limit: 24 }), "held");
  });

  test("a period that comes later begins with what was spent", async () => {
    const store = tagged(client, prefix);
    const first = step({ tenant: "a", takes: 30, limit: 100 });
    await store.reserve(first);
    await store.settle(first.hold, charge(20));
    assert.equal(await tried(store, { tenant: "b", takes: 7, limit: 100 }), "held");
    const one = step({ tenant: "c", takes: 1, limit: 100 });
    assert.equal((await store.reserve({ ...one, claims: twoPeriods(4) })).kind, "refused");
    assert.equal((await store.reserve({ ...one, claims: twoPeriods(3) })).kind, "held");
  });
});

describe("whatever strikes", () => {
  test.each(["lost", "sent"] as const)(
    "a process that dies at any call (its call is %s) leaves too little and never too much",
    async (how) => {
      const whole = flaky(() => false);
      await story(tagged(whole.client, prefix));
      const last = whole.calls();
      assert.ok(last > 20, `${last} calls`);
      for (let n = 1; n <= last; n += 1) {
        prefix = `test-${randomUUID()}`;
        const { client: dying } = flaky((call) => (call === n ? how : call > n && "dead"));
        await assert.rejects(story(tagged(dying, prefix)), { code: "store_unavailable" });
        await holds(100);
        // The next process mends it: all that nobody holds can be spent.
        const store = tagged(client, prefix);
        const held = await spent(store);
        assert.ok(held <= 100, `${held} after call ${n}`);
        assert.equal(await tried(store, { tenant: "c", takes: 101 - held, limit: 100 }), "refused");
        if (held < 100)
          assert.equal(
            await tried(tagged(client, prefix), { tenant: "c", takes: 100 - held, limit: 100 }),
            "held",
            `${held} held after call ${n}`,
          );
        await holds(100);
      }
    },
  );

  test("answers that are lost are asked for again, and nothing is held twice", async () => {
    const random = numbers(7);
    const { client: losing } = flaky(() => random(5) === 0 && "sent");
    const store = tagged(losing, prefix);
    const limit = 500;
    let held = 0;
    for (let i = 0; i < 60; i += 1) {
      const one = step({ tenant: `t${i % 3}`, takes: 10, limit });
      const reply = await again(() => store.reserve(one));
      if (reply.kind === "held") held += 10;
      await holds(limit);
    }
    assert.equal(await spent(tagged(client, prefix)), held);
    assert.ok(held <= limit);
    assert.ok(held >= limit - 10, `${held} of ${limit}`);
  });

  test("in random orders, by two processes, what the main counts covers what tags may grant", async () => {
    for (const seed of [1, 2, 3, 4]) {
      prefix = `test-${randomUUID()}`;
      const random = numbers(seed);
      const { client: losing } = flaky(
        () => random(12) === 0 && (random(2) === 0 ? "sent" : "lost"),
      );
      const stores = [tagged(losing, prefix), tagged(client, prefix)];
      const limit = 300;
      const open: { readonly hold: string; readonly takes: number }[] = [];
      for (let i = 0; i < 60; i += 1) {
        await Promise.all(
          stores.map(async (store) => {
            const [ending] = random(2) === 0 ? open.splice(random(open.length), 1) : [];
            if (ending) {
              const cost = random(ending.takes + 1);
              if (random(3) === 0) await again(() => store.release(ending.hold));
              else await again(() => store.settle(ending.hold, charge(cost)));
              return;
            }
            const takes = 1 + random(20);
            const one = step({ tenant: `t${random(3)}`, takes, limit });
            const { kind } = await again(() => store.reserve(one));
            if (kind === "held") open.push({ hold: one.hold, takes });
          }),
        );
        await holds(limit);
      }
      assert.ok((await spent(tagged(client, prefix))) <= limit);
    }
  });

  test("a tag that lost its data gets new slices; the old ones stay charged", async () => {
    assert.equal(
      await tried(tagged(client, prefix), { tenant: "a", takes: 40, limit: 100 }),
      "held",
    );
    const found = await client.call("KEYS", [`{${prefix}{a}:*`]);
    assert.ok(Array.isArray(found));
    await client.call("DEL", found.map(String));
    await assert.rejects(
      tagged(client, prefix, { create: false }).reserve(
        step({ tenant: "a", takes: 1, limit: 100 }),
      ),
      { code: "store_unavailable", message: /has no data set/u },
    );
    const store = tagged(client, prefix);
    assert.equal(await tried(store, { tenant: "a", takes: 61, limit: 100 }), "refused");
  });
});

/** As the core asks: again by the same id. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries > 50) throw error;
    }
  }
}
