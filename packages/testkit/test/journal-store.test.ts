import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeSuite, testClock } from "@assistants-budget/testkit";
import { describe, test } from "vitest";
import { journal } from "./journal-store.ts";

function openIn(folder: string, clock = testClock()) {
  const store = journal(join(folder, "budget.jsonl"), clock.now);
  const close = async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
  return { store, clock, close, folder };
}

storeSuite(
  { describe, test },
  {
    open: async () => openIn(await mkdtemp(join(tmpdir(), "journal-"))),
    reopen: async ({ store, clock, folder }) => {
      await store.close();
      return openIn(folder, clock);
    },
  },
);
