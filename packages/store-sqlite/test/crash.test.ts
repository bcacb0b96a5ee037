import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sqlite } from "../src/index.ts";
import type { Told } from "./child.ts";
import { child } from "./processes.ts";
import { charge, holdsOf, lifetimeOf } from "./requests.ts";
import { tempFolder } from "./temp-folder.ts";

const NANO = 1000;

test("killed in mid-flight, whatever was answered is there, and what was held is found", async () => {
  const path = join(tempFolder(), "budget.sqlite");
  const held = new Set<string>();
  const settled = new Set<string>();
  for (const name of ["first", "second"]) {
    const running = child({ path, name, work: { kind: "endless", nano: NANO } });
    running.on("message", (told: Told) => {
      if (told.held !== undefined) held.add(told.held);
      if (told.settled !== undefined) settled.add(told.settled);
      if (held.size % 60 === 59) running.kill("SIGKILL");
    });
    const [, signal] = await once(running, "exit");
    expect(signal).toBe("SIGKILL");
  }

  let now = Date.now();
  const store = sqlite({ path, clock: () => now });
  const open = new Set((await store.holds({ expired: false, limit: 10_000 })).map(({ id }) => id));
  const lines = await store.lines({ limit: 10_000 });
  const charged = new Set(holdsOf(lines));
  expect([...settled].filter((id) => !charged.has(id))).toEqual([]);
  expect([...held].filter((id) => !charged.has(id) && !open.has(id))).toEqual([]);
  expect(held.size).toBeGreaterThan(100);
  expect(open.size).toBeGreaterThan(30);
  const window = lifetimeOf("alice");
  const spent = lines.length * (NANO - 1);
  expect(await store.windows([window])).toMatchObject([{ spent, held: open.size * NANO }]);

  // Not at once: their owner may live. Then each is listed, and each ends once.
  expect(await store.holds({ expired: true, limit: 10_000 })).toEqual([]);
  now += 120_000;
  const expired = await store.holds({ expired: true, limit: 10_000 });
  expect(new Set(expired.map(({ id }) => id))).toEqual(open);
  await Promise.all(
    expired.map(({ id }) => store.settle(id, { ...charge(NANO), known: "assumed" })),
  );
  expect(await store.holds({ expired: true, limit: 10_000 })).toEqual([]);
  expect(await store.windows([window])).toMatchObject([
    { spent: spent + open.size * NANO, held: 0 },
  ]);
  await store.close();
}, 30_000);
