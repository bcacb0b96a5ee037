import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@assistants-budget/core/store";
import { type OpenedStore, storeSuite, testClock } from "@assistants-budget/testkit";
import { describe, test } from "vitest";
import { sqlite } from "../src/index.ts";

/** One store of two connections to one file, as two processes have them: every call goes to the other one. */
function inTurns(stores: readonly [Store, Store]): Store {
  let turn = 0;
  return new Proxy(stores[0], {
    get: (first, name: keyof Store) => {
      if (name === "name") return first.name;
      if (name === "open" || name === "close")
        return () => Promise.all(stores.map((store) => store[name]()));
      turn = 1 - turn;
      return stores[turn]?.[name];
    },
  });
}

async function open(): Promise<OpenedStore> {
  const folder = await mkdtemp(join(tmpdir(), "assistants-budget-"));
  const clock = testClock();
  const one = () => sqlite({ path: join(folder, "budget.sqlite"), clock: clock.now });
  const store = inTurns([one(), one()]);
  const close = async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
  return { store, clock, close };
}

storeSuite({ describe, test }, { open });
