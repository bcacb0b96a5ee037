import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { BudgetError, type Store, stepLines } from "../../src/ledger/index.ts";
import { bench, charge, demand, refusalOf } from "./bench.ts";

const of = { limits: { user: ["$1/day"] } };
/** How often a store is asked before it counts as away. */
const TRIES = 4;
const gone = () => Promise.reject(new Error("ECONNREFUSED"));

/** A store of which some methods fail while `away` is set, after doing what was asked if `late`. */
function moody(names: readonly (keyof Store)[], mood: { away: number; late?: boolean }) {
  return (store: Store): Partial<Store> =>
    Object.fromEntries(
      names.map((name) => {
        const method = store[name] as (...values: unknown[]) => Promise<unknown>;
        const failing = async (...values: unknown[]) => {
          if (mood.away <= 0) return method(...values);
          mood.away -= 1;
          if (mood.late) await method(...values);
          return gone();
        };
        return [name, failing];
      }),
    );
}

test.for([
  ["its clock can't be asked", "now"],
  ["it can't reserve", "reserve"],
] as const)("a store that is away is store_unavailable: %s", async ([, name]) => {
  const { ledger } = bench({ store: () => ({ [name]: gone }) });
  const error = await refusalOf(ledger.reserve(demand(10, of)));
  expect(error).toMatchObject({ code: "store_unavailable", status: 503, retryable: true });
  expect(error.message).toContain("ECONNREFUSED");
  expect(error.detail).not.toContain("ECONNREFUSED");
  expect(error.cause).toEqual(new Error("ECONNREFUSED"));
});

test("a store that never answers is away, and says so in time", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const { ledger } = bench({ store: () => ({ reserve: () => new Promise(() => undefined) }) });
  const refused = refusalOf(ledger.reserve(demand(10, of)));
  await vi.advanceTimersByTimeAsync(25_000);
  const error = await refused;
  expect(error.code).toBe("store_unavailable");
  expect(error.message).toContain("within 20 s");
});

test("balances and refusals of a store that is away are store_unavailable", async () => {
  const { ledger } = bench({ store: () => ({ now: gone, windows: gone, holds: gone }) });
  const calls = [
    ledger.balances(demand(0, of)),
    ledger.refusalOf(demand(0, of)),
    ledger.expired(),
    ledger.now(),
  ];
  const errors = await Promise.all(calls.map(refusalOf));
  expect(errors.map(({ code }) => code)).toEqual(calls.map(() => "store_unavailable"));
});

test("a store's own refusal is passed on as it is, and not asked twice", async () => {
  let asked = 0;
  const own = new BudgetError("store_unavailable", { message: "the file is damaged" });
  const { ledger } = bench({
    store: () => ({
      reserve: () => {
        asked += 1;
        return Promise.reject(own);
      },
    }),
  });
  expect(await refusalOf(ledger.reserve(demand(10, of)))).toBe(own);
  expect(asked).toBe(1);
});

test("a hiccup is tried again", async () => {
  const { ledger, store } = bench({ store: moody(["reserve", "settle"], { away: 1 }) });
  const { id } = await ledger.reserve(demand(10, of));
  expect((await ledger.settle(id, charge(5))).kind).toBe("settled");
  expect(await stepLines(store, {})).toHaveLength(1);
});

test("a lost answer is asked for again: held once, charged once", async () => {
  const mood = { away: 1, late: true };
  const { ledger, store } = bench({ store: moody(["reserve", "settle"], mood) });
  const { id } = await ledger.reserve(demand(10, of));
  expect(await store.holds({ expired: false, limit: 9 })).toHaveLength(1);
  mood.away = 1;
  expect((await ledger.settle(id, charge(5))).kind).toBe("already");
  expect(await ledger.balances(demand(0, of))).toMatchObject([{ spent: "0.05", held: "0.00" }]);
});

test("a hold of which nobody learns, because every answer was lost, is given back", async () => {
  const mood = { away: TRIES, late: true };
  const { ledger, store } = bench({ store: moody(["reserve"], mood) });
  expect((await refusalOf(ledger.reserve(demand(10, of)))).code).toBe("store_unavailable");
  await sleep(10);
  expect(await store.holds({ expired: false, limit: 9 })).toEqual([]);
});

test("a charge that the store can't take is kept and offered again", async () => {
  const mood = { away: 0 };
  const { ledger, store } = bench({ store: moody(["settle", "release"], mood) });
  const paid = await ledger.reserve(demand(10, of));
  const free = await ledger.reserve(demand(20, of));
  mood.away = 2 * TRIES;
  expect(await ledger.settle(paid.id, charge(5))).toEqual({ kind: "pending" });
  expect(await ledger.release(free.id)).toEqual({ kind: "pending" });
  // It goes on living, so that nobody recovers it meanwhile.
  expect(paid.fresh()).toBe(true);
  expect(await ledger.balances(demand(0, of))).toMatchObject([{ spent: "0.00", held: "0.30" }]);
  await expect
    .poll(() => ledger.balances(demand(0, of)), { timeout: 3000 })
    .toMatchObject([{ spent: "0.05", held: "0.00" }]);
  expect(await stepLines(store, {})).toHaveLength(1);
  await ledger.close();
});

test("what is still kept is offered once more at the end", async () => {
  const mood = { away: 0 };
  const { ledger } = bench({ store: moody(["settle"], mood) });
  const { id } = await ledger.reserve(demand(10, of));
  mood.away = TRIES;
  await ledger.settle(id, charge(5));
  await ledger.close();
  expect(await ledger.balances(demand(0, of))).toMatchObject([{ spent: "0.05", held: "0.00" }]);
});
