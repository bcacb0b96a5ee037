import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { WindowAt } from "@assistants-budget/core/store";
import { expect, test } from "vitest";
import { sqlite } from "../src/index.ts";
import { charge, lifetimeOf, request } from "./requests.ts";
import { tempFolder } from "./temp-folder.ts";

test("a database that the app brought is used and never closed", async () => {
  const database = new DatabaseSync(join(tempFolder(), "budget.sqlite"));
  const store = sqlite({ database });
  await store.open();
  await store.reserve(request("hold-1", { limit: 10, nano: 5 }));
  await store.close();
  expect(database.isOpen).toBe(true);
  expect(database.prepare("SELECT count(*) AS n FROM holds").get()).toEqual({ n: 1 });
  const again = sqlite({ database });
  expect((await again.settle("hold-1", charge(3))).kind).toBe("settled");
  await again.close();
  database.close();
});

test("two stores on one database see what the other one does", async () => {
  const database = new DatabaseSync(":memory:");
  const [first, second] = [sqlite({ database }), sqlite({ database })];
  await first.reserve(request("hold-1", { limit: 10, nano: 5 }));
  await second.reserve(request("hold-2", { limit: 10, nano: 4 }));
  expect((await first.reserve(request("hold-3", { limit: 10, nano: 2 }))).kind).toBe("refused");
  expect((await first.settle("hold-2", charge(1))).kind).toBe("settled");
  expect((await second.settle("hold-2", charge(1))).kind).toBe("already");
  expect(await second.windows([lifetimeOf("alice")])).toMatchObject([{ spent: 1, held: 5 }]);
  database.close();
});

test("every commit is synced to disk, and readers do not wait for writers", async () => {
  const database = new DatabaseSync(join(tempFolder(), "budget.sqlite"));
  await sqlite({ database }).open();
  expect(database.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
  expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  database.close();
});

test("one in memory will do", async () => {
  const database = new DatabaseSync(":memory:");
  const store = sqlite({ database });
  await store.reserve(request("hold-1", { limit: 10, nano: 5 }));
  expect(await store.windows([lifetimeOf("alice")])).toMatchObject([{ held: 5 }]);
  expect(store.name).toBe("SQLite (the app's own database)");
  database.close();
});

test("one that holds something else is refused, and stays open", async () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE orders (id INTEGER)");
  await expect(sqlite({ database }).open()).rejects.toMatchObject({
    code: "store_unavailable",
    message: expect.stringContaining("needs a file of its own"),
  });
  expect(database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()).toEqual({ n: 1 });
  database.close();
});

test("time is SQLite's own", async () => {
  const database = new DatabaseSync(":memory:");
  const store = sqlite({ database });
  const before = Date.now();
  const now = await store.now();
  expect(now).toBeGreaterThanOrEqual(before - 1);
  expect(now).toBeLessThanOrEqual(Date.now() + 1);
  expect(Number.isInteger(now)).toBe(true);
  database.close();
});

test("a rolling window never keeps more rows than two periods have", async () => {
  const database = new DatabaseSync(":memory:");
  const period = 3_600_000;
  let now = Date.UTC(2026, 10, 20);
  const store = sqlite({ database, clock: () => now });
  const window: WindowAt = {
    ...lifetimeOf("alice"),
    period: `rolling:${period}`,
    rollingMs: period,
  };
  await store.open();
  const rows = database.prepare("SELECT count(*) AS n FROM buckets");
  let most = 0;
  for (let i = 0; i < 300; i += 1) {
    const asked = request(`hold-${i}`, { limit: null, nano: 5 });
    await store.reserve({
      ...asked,
      claims: [{ ...window, limit: null, cap: null, fixed: 5000, perOutput: 0 }],
    });
    await store.settle(asked.hold, charge(5));
    most = Math.max(most, Number(rows.get()?.["n"]));
    now += Math.ceil(period / 62) + (i % 3) - 1;
  }
  expect(most).toBeLessThanOrEqual(128);
  expect(most).toBeGreaterThan(120);
  database.close();
});
