import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenedStore, storeSuite, testClock } from "@assistants-budget/testkit";
import { describe, test } from "vitest";
import { sqlite } from "../src/index.ts";

interface OpenedFile extends OpenedStore {
  readonly folder: string;
}

function openIn(folder: string, clock = testClock()): OpenedFile {
  const store = sqlite({ path: join(folder, "budget.sqlite"), clock: clock.now });
  const close = async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
  return { store, clock, close, folder };
}

storeSuite(
  { describe, test },
  {
    open: async () => openIn(await mkdtemp(join(tmpdir(), "assistants-budget-"))),
    reopen: async ({ store, clock, folder }) => {
      await store.close();
      return openIn(folder, clock);
    },
  },
);
