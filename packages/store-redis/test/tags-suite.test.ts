import assert from "node:assert/strict";
import { type OpenedStore, type Runner, storeSuite } from "@assistants-budget/testkit";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { testRedis } from "../../../test/servers/redis.ts";
import { request } from "./requests.ts";
import { type OpenedClient, harness, ioredis } from "./stores.ts";

vi.setConfig({ testTimeout: 60_000 });

describe("a tag a region, of which there is one", () => {
  let server: Awaited<ReturnType<typeof testRedis>>;
  let opened: OpenedClient;

  beforeAll(async () => {
    server = await testRedis();
    opened = await ioredis(server.url);
  }, 300_000);
  afterAll(async () => {
    await opened.close();
    await server.stop();
  });

  const plain = harness(() => opened.client, { tagBy: "region" });
  const vitest: Runner = { describe, test };
  const runner: Runner = {
    describe: (name, body) => (name === RANDOM ? undefined : vitest.describe(name, body)),
    test: (name, body) => (OTHERWISE.test(name) ? undefined : vitest.test(name, body)),
  };
  storeSuite(runner, {
    open: async () => seen(await plain.open()),
    reopen: async (one) => seen(await (plain.reopen ?? assert.fail())(one)),
  });
});

/**
 * Lines stand in one order under each tag. And a shared window that was refused has begun, which
 * shows where later steps pass it by; the random orders do so, an app's steps never do.
 */
const OTHERWISE = /lines of acts and of steps stand in one order/u;
const RANDOM = "interleavings";

/** Whoever is spoken of has had a first step: until then it is in no tag. */
function seen<Opened extends OpenedStore>(opened: Opened): Opened {
  const { store } = opened;
  const known = new Map<string, Promise<void>>();
  async function step(user: string): Promise<void> {
    const first = request(0, 0);
    const facts = { ...first.facts, user };
    await store.reserve({ ...first, facts, claims: [], subjects: [] });
    await store.release(first.hold);
  }
  async function see(...users: readonly string[]): Promise<void> {
    for (const user of users) {
      const seeing = known.get(user) ?? step(user);
      known.set(user, seeing);
      await seeing;
    }
  }
  return {
    ...opened,
    store: {
      ...store,
      act: async (act) => {
        if (act.kind === "credit") {
          if (act.window.scope === "user") await see(act.window.subject);
        } else if (act.kind === "merge") await see(act.subject, act.into);
        else if (act.kind !== "adjustment" && act.scope === "user") await see(act.subject);
        return store.act(act);
      },
      saveRun: async (save) => {
        await see(save.run.user);
        return store.saveRun(save);
      },
    },
  };
}
