import { DatabaseSync } from "node:sqlite";
import type { ReserveRequest, WindowAt } from "@assistants-budget/core/store";
import { expect, test } from "vitest";
import { sqlite } from "../src/index.ts";
import { charge, lifetimeOf, request } from "./requests.ts";

const DAY = 86_400_000;

/** A store whose time is in our hands, and a look at its tables. */
function opened() {
  const database = new DatabaseSync(":memory:");
  const time = { now: Date.UTC(2026, 0, 1, 12) };
  const store = sqlite({ database, clock: () => time.now });
  const count = (table: string) =>
    Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"]);
  return { store, time, count };
}

function dayAt(now: number, subject = "alice"): WindowAt {
  const start = Math.floor(now / DAY) * DAY;
  const family = `user|usd|day|${subject}`;
  return { ...lifetimeOf(subject), family, period: "day", start, end: start + DAY };
}

function today(hold: string, now: number): ReserveRequest {
  const asked = request(hold, { limit: null, nano: 5 });
  const claims = asked.claims.map((claim) => ({ ...claim, ...dayAt(now) }));
  return { ...asked, claims };
}

test("windows that ended a month ago go, a few with each new one; the last 32 stay", async () => {
  const { store, time, count } = opened();
  for (let i = 0; i < 100; i += 1, time.now += DAY) {
    await store.reserve(today(`hold-${i}`, time.now));
    await store.settle(`hold-${i}`, charge(3));
  }
  expect(count("windows")).toBe(32);
  expect(count("counters")).toBe(32);
  expect(await store.lines({})).toHaveLength(100);
  time.now -= DAY;
  expect(await store.windows([dayAt(time.now)])).toMatchObject([{ spent: 3 }]);

  // What is said of a charge whose window is gone is still written down.
  const act = {
    id: "act-1",
    kind: "adjustment",
    hold: "hold-0",
    nano: 9,
    by: "me",
    why: "invoice",
  };
  const told = await store.act({ ...act, kind: "adjustment" });
  expect(told).toMatchObject({ kind: "done", line: { nano: 6 } });
  await store.close();
});

test("an old window in which something is held stays, and is settled", async () => {
  const { store, time, count } = opened();
  const first = time.now;
  await store.reserve(today("old", time.now));
  for (let i = 0; i < 80; i += 1) {
    time.now += DAY;
    await store.reserve(today(`hold-${i}`, time.now));
    await store.settle(`hold-${i}`, charge(3));
  }
  expect(count("windows")).toBe(33);
  const settled = await store.settle("old", charge(4));
  expect(settled).toMatchObject({
    kind: "settled",
    windows: [{ start: dayAt(first).start, spent: 4, held: 0 }],
  });
  await store.close();
});

test("a clock that leaps ahead for a moment makes nothing forgotten", async () => {
  const { store, time } = opened();
  const before = time.now;
  await store.reserve(today("hold-1", time.now));
  await store.settle("hold-1", charge(7));
  for (let i = 1; i <= 20; i += 1) {
    time.now = before + i * 365 * DAY;
    await store.reserve(today(`leap-${i}`, time.now));
    await store.release(`leap-${i}`);
  }
  time.now = before;
  expect(await store.windows([dayAt(before)])).toMatchObject([{ spent: 7 }]);
  expect((await store.reserve(today("leap-3", before))).kind).toBe("ended");
  await store.close();
});

test("released holds are remembered for a month, and the last 10,000 for longer", async () => {
  const { store, time, count } = opened();
  const release = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, async (_, i) => {
        await store.reserve(request(`hold-${from + i}`, { limit: null, nano: 1 }));
        await store.release(`hold-${from + i}`);
      }),
    );
  await release(0, 10_200);
  expect(count("holds")).toBe(0);
  expect(count("released")).toBe(10_200);
  time.now += 29 * DAY;
  await release(10_200, 10_250);
  expect(count("released")).toBe(10_250);
  time.now += 2 * DAY;
  await release(10_250, 10_350);
  expect(count("released")).toBe(10_000);
  expect((await store.settle("hold-0", charge(1))).kind).toBe("unknown");
  expect((await store.settle("hold-10000", charge(1))).kind).toBe("already");
  await store.close();
}, 30_000);
