import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bench, charge, demand, ledgerOn, refusalOf } from "./bench.ts";

const of = { limits: { user: ["$1/day"], app: ["$100/month"] }, waitMs: 3000 };

/** Lets everything happen that waits for no clock. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await setImmediate();
}

describe("woken, not by the clock", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test("a waiting step gets the money of a call that settles", async () => {
    const { ledger } = bench();
    const { id } = await ledger.reserve(demand(95, of));
    const waiting = ledger.reserve(demand(60, of));
    await turns();
    await ledger.settle(id, charge(30));
    await expect(waiting).resolves.toHaveProperty("outputTokens", 1);
  });

  test("and of one that is released", async () => {
    const { ledger } = bench();
    const { id } = await ledger.reserve(demand(95, of));
    const waiting = ledger.reserve(demand(95, of));
    await turns();
    await ledger.release(id);
    await expect(waiting).resolves.toHaveProperty("id");
  });
});

test("a waiting step gets the money of a call of another process", async () => {
  const { ledger, store } = bench();
  const other = ledgerOn(store);
  const { id } = await other.reserve(demand(95, of));
  const waiting = ledger.reserve(demand(95, of));
  await sleep(20);
  await other.settle(id, charge(1));
  await expect(waiting).resolves.toHaveProperty("id");
});

test("of many that wait as many get through as fit, and the rest is told so", async () => {
  const { ledger, store } = bench();
  const { id } = await ledger.reserve(demand(95, of));
  const waiting = Array.from({ length: 10 }, () =>
    ledger.reserve(demand(30, { ...of, waitMs: 200 })),
  );
  await sleep(20);
  await ledger.settle(id, charge(10));
  const outcomes = await Promise.allSettled(waiting);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
  expect(await store.holds({ expired: false, limit: 99 })).toHaveLength(3);
});

test("what the settled call has spent turns waiting into a refusal at once", async () => {
  const { ledger } = bench();
  const { id } = await ledger.reserve(demand(95, of));
  const waiting = refusalOf(ledger.reserve(demand(60, of)));
  await sleep(20);
  const settledAt = performance.now();
  await ledger.settle(id, charge(95));
  expect((await waiting).code).toBe("budget_exceeded");
  expect(performance.now() - settledAt).toBeLessThan(1000);
});

test("nobody waits for what can't come free", async () => {
  const { ledger } = bench();
  const { id } = await ledger.reserve(demand(95, of));
  await ledger.settle(id, charge(95));
  const before = performance.now();
  expect((await refusalOf(ledger.reserve(demand(10, of)))).code).toBe("budget_exceeded");
  expect(performance.now() - before).toBeLessThan(1000);
});

test("whoever leaves does not wait on, and holds nothing", async () => {
  const { ledger, store } = bench();
  const { id } = await ledger.reserve(demand(95, of));
  const gone = new AbortController();
  const waiting = ledger.reserve(demand(60, { ...of, signal: gone.signal }));
  const outcome = waiting.then(
    () => "held",
    (error: unknown) => error,
  );
  await sleep(20);
  gone.abort(new Error("left"));
  expect(await outcome).toEqual(new Error("left"));
  await ledger.release(id);
  expect(await store.holds({ expired: false, limit: 9 })).toEqual([]);
});
