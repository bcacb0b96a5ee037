/** A store that was restored from a backup, or has purged a hold, does not know what is settled. */
import { expect, test } from "vitest";
import { type KeptCharges, type Store, memory, stepLines } from "../../src/ledger/index.ts";
import { NOON, charge, demand, ledgerOn } from "./bench.ts";

const of = { limits: { user: ["$1/day", "10 runs/day"] } };
const CAUSE = "not held: the store did not know the hold";

const fresh = () => memory({ clock: () => NOON });

/** One store, in the place of which a backup is put. */
function restorable() {
  let now = fresh();
  let away = false;
  const method = (name: keyof Store) => (value: never, more: never) => {
    if (away) return Promise.reject(new Error("ECONNREFUSED"));
    return (now[name] as (...values: unknown[]) => Promise<unknown>)(value, more);
  };
  const store = Object.fromEntries(
    Object.entries(now).map(([name, own]) => [
      name,
      typeof own === "function" ? method(name as keyof Store) : own,
    ]),
  ) as unknown as Store;
  return {
    store,
    restore: () => void (now = fresh()),
    away: (is: boolean) => void (away = is),
  };
}

/** A disk that outlives every process that writes to it. */
function disk() {
  const kept = new Map<string, string>();
  const charges: KeptCharges = {
    name: "the disk",
    put: async (key, value) => void kept.set(key, value),
    delete: async (key) => void kept.delete(key),
    all: async () => [...kept].map(([key, value]) => ({ key, value })),
    close: async () => undefined,
  };
  return { kept, charges };
}

const balances = (ledger: ReturnType<typeof ledgerOn>) => ledger.balances(demand(0, of));

test("what it cost is counted all the same, once, and its line says why", async () => {
  const { store, restore } = restorable();
  const warned: string[] = [];
  const ledger = ledgerOn(store, { warn: (message) => warned.push(message) });
  const { id } = await ledger.reserve(demand(10, of));
  restore();
  expect(await ledger.settle(id, charge(5))).toMatchObject({
    kind: "settled",
    line: { hold: id, charge: { known: "reported", cause: CAUSE } },
  });
  expect((await ledger.settle(id, charge(5))).kind).toBe("already");
  expect(await balances(ledger)).toMatchObject([
    { spent: "0.05", held: "0.00" },
    { spent: 1, held: 0 },
  ]);
  expect(warned).toEqual([expect.stringContaining(`did not know hold ${id}`)]);
  await ledger.close();
});

test("also beyond the limit, and with the cause that it had", async () => {
  const { store, restore } = restorable();
  const ledger = ledgerOn(store);
  const first = await ledger.reserve(demand(90, of));
  restore();
  const second = await ledger.reserve(demand(90, of));
  await ledger.settle(second.id, charge(90));
  const late = await ledger.settle(first.id, { ...charge(90), cause: "the stream broke" });
  expect(late).toMatchObject({ line: { charge: { cause: `the stream broke; ${CAUSE}` } } });
  expect(await balances(ledger)).toMatchObject([{ spent: "1.80" }, { spent: 2 }]);
  await ledger.close();
});

test("also where the store goes away once more before it is counted", async () => {
  const { store, restore } = restorable();
  let fails = 0;
  const ledger = ledgerOn({
    ...store,
    settle: (hold, spent) => {
      if (spent.cause === undefined || fails >= 4) return store.settle(hold, spent);
      fails += 1;
      return Promise.reject(new Error("ECONNREFUSED"));
    },
  });
  const { id } = await ledger.reserve(demand(10, of));
  restore();
  expect(await ledger.settle(id, charge(5))).toEqual({ kind: "pending" });
  await ledger.close();
  const lines = await stepLines(store, {});
  expect(lines.map(({ hold, charge: { cause } }) => [hold, cause])).toEqual([[id, CAUSE]]);
});

test("a charge that waited on a disk is counted by the next process, however many bring it", async () => {
  const { store, restore, away } = restorable();
  const { kept, charges } = disk();
  const before = ledgerOn(store, { keptCharges: charges });
  const { id } = await before.reserve(demand(10, of));
  away(true);
  expect(await before.settle(id, charge(5))).toEqual({ kind: "pending" });
  await before.close();
  away(false);
  restore();
  const copies = new Map(kept);
  const after = [0, 1, 2].map(() => ledgerOn(store, { keptCharges: charges }));
  for (const ledger of after) {
    for (const [key, value] of copies) kept.set(key, value);
    await ledger.resume();
  }
  await Promise.all(after.map((ledger) => ledger.close()));
  const lines = await stepLines(store, {});
  expect(lines.map(({ hold, charge: { cause } }) => [hold, cause])).toEqual([[id, CAUSE]]);
  expect(kept.size).toBe(0);
  expect(await balances(ledgerOn(store))).toMatchObject([{ spent: "0.05", held: "0.00" }, {}]);
});

test("a hold that was purged long after its charge is not charged again", async () => {
  const sound = fresh();
  let purged = false;
  const reserved: string[] = [];
  const ledger = ledgerOn({
    ...sound,
    reserve: (request) => {
      reserved.push(request.hold);
      return sound.reserve(request);
    },
    settle: async (hold, spent) => (purged ? { kind: "unknown" } : sound.settle(hold, spent)),
  });
  const { id } = await ledger.reserve(demand(10, of));
  await sound.settle(id, charge(5));
  purged = true;
  expect(await ledger.settle(id, charge(5))).toMatchObject({ kind: "already", line: { hold: id } });
  expect(new Set(reserved)).toEqual(new Set([id]));
  expect(await stepLines(sound, {})).toHaveLength(1);
  await ledger.close();
});

test("a hold of which nothing is known is only told of", async () => {
  const warned: string[] = [];
  const ledger = ledgerOn(memory(), { warn: (message) => warned.push(message) });
  expect(await ledger.settle("hold of somebody", charge(5))).toEqual({ kind: "unknown" });
  expect(warned).toEqual([expect.stringContaining("50000000 nano-dollars")]);
  await ledger.close();
});
