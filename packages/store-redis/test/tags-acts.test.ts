import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ReserveReply, Store } from "@assistants-budget/core/store";
import { afterAll, beforeAll, beforeEach, describe, test, vi } from "vitest";
import { testRedis } from "../../../test/servers/redis.ts";
import { type CallClient, redis } from "../src/index.ts";
import { charge, lifetime } from "./requests.ts";
import { type OpenedClient, ioredis } from "./stores.ts";
import { type Step, app, step, tagged } from "./tags.ts";

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

async function tried(store: Store, one: Step): Promise<ReserveReply["kind"]> {
  return (await store.reserve(step(one))).kind;
}

describe("what operators say", () => {
  const by = { by: "olga", why: "asked to" };
  const seen = { scope: "app", subject: "app", version: 0 };

  test("of the app reaches every tag before it is answered", async () => {
    const store = tagged(client, prefix);
    for (const tenant of ["a", "b"]) await tried(store, { tenant, takes: 1, limit: 100 });
    const freeze = { ...by, id: "f", kind: "freeze", scope: "app", subject: "app" } as const;
    assert.equal((await tagged(client, prefix).act(freeze)).kind, "done");
    for (const tenant of ["a", "b", "new"]) {
      const one = { ...step({ tenant, takes: 1, limit: 100 }), subjects: [seen] };
      const reply = await store.reserve(one);
      assert.ok(reply.kind === "settings" && reply.settings[0]?.frozen === true, tenant);
    }
  });

  test("of a user before its first step holds in its tag", async () => {
    const store = tagged(client, prefix);
    const alice = { scope: "user", subject: "alice" };
    await store.act({ ...by, ...alice, id: "l", kind: "limits", limits: ["$1/day"] });
    const [said] = await store.settings([alice]);
    const one = step({ tenant: "a", takes: 1, limit: 100, user: "alice" });
    const old = await store.reserve({ ...one, subjects: [{ ...alice, version: 0 }] });
    assert.ok(old.kind === "settings");
    assert.deepEqual(old.settings, [said]);
    assert.equal((await store.reserve({ ...one, subjects: old.settings })).kind, "held");
    await store.act({ ...by, ...alice, id: "z", kind: "freeze" });
    const [after] = await store.settings([alice]);
    assert.deepEqual([after?.frozen, after?.limits], [true, ["$1/day"]]);
  });

  test("a credit of the app counts at once", async () => {
    const store = tagged(client, prefix);
    assert.equal(await tried(store, { tenant: "a", takes: 10, limit: 10 }), "held");
    assert.equal(await tried(store, { tenant: "b", takes: 5, limit: 10 }), "refused");
    await store.act({ ...by, id: "c", kind: "credit", window: app(), amount: 5 });
    assert.equal(await tried(store, { tenant: "b", takes: 5, limit: 10 }), "held");
  });

  test("what cost more than it held is counted for everybody", async () => {
    const store = tagged(client, prefix);
    const one = step({ tenant: "a", takes: 10, limit: 100 });
    await store.reserve(one);
    await store.settle(one.hold, charge(10));
    await tagged(client, prefix).act({
      ...by,
      id: "j",
      kind: "adjustment",
      hold: one.hold,
      nano: 95,
    });
    assert.equal(await tried(store, { tenant: "b", takes: 6, limit: 100 }), "refused");
    assert.equal(await tried(store, { tenant: "b", takes: 5, limit: 100 }), "held");
  });

  test("a user of two tenants is refused, and so is a merge over tags", async () => {
    const store = tagged(client, prefix);
    const one = { takes: 1, limit: 100, user: "alice" };
    assert.equal(await tried(store, { ...one, tenant: "a" }), "held");
    const refused = { code: "invalid_options", message: /belongs to one tenant/u };
    await assert.rejects(tried(tagged(client, prefix), { ...one, tenant: "b" }), refused);
    assert.equal(await tried(store, { ...one, tenant: "b", user: "bob" }), "held");
    const merge = {
      ...by,
      id: "m",
      kind: "merge",
      scope: "user",
      subject: "bob",
      into: "alice",
    } as const;
    await assert.rejects(store.act(merge), { code: "act_refused", message: /two tags/u });
    const credit = {
      ...by,
      id: "n",
      kind: "credit",
      window: lifetime("nobody"),
      amount: 1,
    } as const;
    await assert.rejects(store.act(credit), { code: "act_refused", message: /first step/u });
  });

  test("a forgotten user is nobody's name any more, and keeps its tag", async () => {
    const store = tagged(client, prefix);
    const one = step({ tenant: "a", takes: 1, limit: 100, user: "alice" });
    await store.reserve(one);
    await store.settle(one.hold, charge(1));
    const forget = {
      ...by,
      id: "g",
      kind: "forget",
      scope: "user",
      subject: "alice",
      pseudonym: "p1",
    } as const;
    assert.equal((await store.act(forget)).kind, "done");
    assert.equal((await tagged(client, prefix).act(forget)).kind, "already");
    const lines = await store.lines({ user: "p1" });
    assert.equal(lines.length, 2);
    assert.ok(!JSON.stringify(await store.lines({})).includes("alice"));
    await assert.rejects(tried(store, { tenant: "b", takes: 1, limit: 100, user: "alice" }), {
      code: "invalid_options",
    });
  });
});

describe("over all tags", () => {
  test("holds, lines, the fullest and notices are found by any process", async () => {
    const store = tagged(client, prefix);
    const steps = ["a", "b", "c"].map((tenant) => step({ tenant, takes: 30, limit: 100 }));
    for (const one of steps) assert.equal((await store.reserve(one)).kind, "held");
    const other = tagged(client, prefix);
    assert.equal((await other.holds({ expired: false, limit: 9 })).length, 3);
    const third = tagged(client, prefix);
    for (const one of steps)
      assert.equal((await third.settle(one.hold, charge(30))).kind, "settled");
    const lines = await other.lines({});
    assert.equal(lines.length, 3);
    const paged: string[] = [];
    for (let after = ""; ; after = paged.at(-1) ?? "") {
      const page = await other.lines({ limit: 1, ...(after === "" ? {} : { after }) });
      if (page.length === 0) break;
      paged.push(...page.map(({ id }) => id));
    }
    assert.deepEqual(
      paged,
      lines.map(({ id }) => id),
    );
    const [fullest] = await other.fullest({ limit: 1 });
    assert.deepEqual([fullest?.family, fullest?.spent, fullest?.cap], [app().family, 90, 100]);
    assert.equal(await tried(store, { tenant: "a", takes: 20, limit: 100 }), "refused");
    const found = await other.takeNotices({ owner: "o", leaseMs: 1000, limit: 9 });
    assert.deepEqual(
      found.map(({ threshold }) => threshold),
      [500, 800, 1000],
    );
    for (const { id } of found) await third.dropNotice(id);
    assert.deepEqual(await other.takeNotices({ owner: "o", leaseMs: 0, limit: 9 }), []);
  });

  test("a budget keeps the tags that it began with", async () => {
    await tried(tagged(client, prefix), { tenant: "a", takes: 1, limit: 100 });
    const refused = { code: "store_unavailable", message: /`tagBy`/u };
    await assert.rejects(redis(client, { prefix, warn: () => {} }).open(), refused);
    await assert.rejects(tagged(client, prefix, { tagBy: "region" }).open(), refused);
    const plain = `test-${randomUUID()}`;
    await redis(client, { prefix: plain, warn: () => {} }).open();
    await assert.rejects(tagged(client, plain).open(), refused);
    for (const options of [{ tagBy: "app" }, { wait: { replicas: 1, timeoutMs: 9 } }])
      assert.throws(() => tagged(client, prefix, options), { code: "invalid_options" });
  });
});
