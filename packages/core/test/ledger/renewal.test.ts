import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bench, charge, demand } from "./bench.ts";

const of = { limits: { user: ["$1/day"] } };
const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A bench on which the store's clock and the process's monotonic one pass together. */
function passing(options: Parameters<typeof bench>[0] = {}) {
  let elapsed = 0;
  const on = bench({ ...options, monotonic: () => elapsed });
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1000) {
      elapsed += 1000;
      on.clock.now += 1000;
      await vi.advanceTimersByTimeAsync(1000);
    }
  };
  return { ...on, pass };
}

describe("a living process", () => {
  test("renews its open holds before they expire", async () => {
    const { ledger, store, pass } = passing();
    const hold = await ledger.reserve(demand(10, of));
    for (let minutes = 0; minutes < 10; minutes += 1) {
      await pass(MINUTE);
      expect(hold.fresh()).toBe(true);
      expect(await ledger.expired()).toEqual([]);
    }
    expect(await store.holds({ expired: false, limit: 9 })).toHaveLength(1);
  });

  test("does not renew what has ended", async () => {
    const asked: (readonly string[])[] = [];
    const { ledger, pass } = passing({
      store: (store) => ({
        renew: (holds, ttlMs) => {
          asked.push(holds);
          return store.renew(holds, ttlMs);
        },
      }),
    });
    const settled = await ledger.reserve(demand(10, of));
    const released = await ledger.reserve(demand(10, of));
    const open = await ledger.reserve(demand(10, of));
    await ledger.settle(settled.id, charge(1));
    await ledger.release(released.id);
    await pass(MINUTE);
    expect(new Set(asked.flat())).toEqual(new Set([open.id]));
    await ledger.release(open.id);
    asked.length = 0;
    await pass(MINUTE);
    expect(asked).toEqual([]);
  });
});

describe("where renewing fails", () => {
  const failing = { store: () => ({ renew: () => Promise.reject(new Error("gone")) }) };

  test("nothing may be sent in the last quarter of a hold's life", async () => {
    const { ledger, pass } = passing(failing);
    const hold = await ledger.reserve(demand(10, of));
    await pass(44_000);
    expect(hold.fresh()).toBe(true);
    await pass(1000);
    expect(hold.fresh()).toBe(false);
    expect(await ledger.expired()).toEqual([]);
    await pass(15_000);
    expect(await ledger.expired()).toMatchObject([{ id: hold.id }]);
  });

  test("the next beat makes up for it", async () => {
    let away = true;
    const { ledger, pass } = passing({
      store: (store) => ({
        renew: (holds, ttlMs) =>
          away ? Promise.reject(new Error("gone")) : store.renew(holds, ttlMs),
      }),
    });
    const hold = await ledger.reserve(demand(10, of));
    await pass(40_000);
    away = false;
    await pass(MINUTE);
    expect(hold.fresh()).toBe(true);
  });
});

test("a hold that another process has ended turns stale, although renewing works", async () => {
  const { ledger, store, pass } = passing();
  const hold = await ledger.reserve(demand(10, of));
  await store.settle(hold.id, { ...charge(10), known: "assumed" });
  await pass(MINUTE);
  expect(hold.fresh()).toBe(false);
});

test("a process that was asleep sends nothing on what it held before", async () => {
  let elapsed = 0;
  const { ledger } = bench({ monotonic: () => elapsed });
  const hold = await ledger.reserve(demand(10, of));
  elapsed += 50_000;
  expect(hold.fresh()).toBe(false);
});

test("an ended hold is not fresh", async () => {
  const { ledger } = bench();
  const hold = await ledger.reserve(demand(10, of));
  await ledger.settle(hold.id, charge(1));
  expect(hold.fresh()).toBe(false);
});

test("a closed ledger renews nothing", async () => {
  const { ledger, pass } = passing();
  await ledger.reserve(demand(10, of));
  await ledger.close();
  await pass(MINUTE);
  expect(await ledger.expired()).toHaveLength(1);
});
