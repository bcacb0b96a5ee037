import { afterEach, expect, test, vi } from "vitest";
import { stepLines } from "../../src/ledger/index.ts";
import { NOON, bench, charge, demand, refusalOf, spend } from "./bench.ts";

const of = { limits: { user: ["$1/day", "$2/hour"] } };

afterEach(() => void vi.useRealTimers());

/** A day of a ledger whose process believes that it is another time; what comes of it. */
async function dayOf(processTime: number) {
  vi.useFakeTimers({ toFake: ["Date"], now: processTime });
  const { ledger, store, clock } = bench();
  await spend(ledger, 60, demand(60, of));
  const before = await refusalOf(ledger.reserve(demand(60, of)));
  clock.now = NOON + 12 * 3_600_000 - 1;
  const late = await refusalOf(ledger.reserve(demand(60, of)));
  clock.now += 1;
  const { id } = await ledger.reserve(demand(60, of));
  const held = await ledger.balances(demand(0, of));
  await ledger.settle(id, charge(50));
  const [line] = await stepLines(store, { limit: 1 });
  return { before: before.toJSON(), late: late.headers, held, at: line?.at };
}

test("a process whose clock is hours off counts as all others do", async () => {
  const right = await dayOf(NOON);
  expect(right.at).toBe(NOON);
  expect(right.late["Retry-After"]).toBe("1");
  expect(right.held).toMatchObject([{ window: { start: "2026-11-21T00:00:00Z" } }, {}]);
  for (const hours of [-30, -5, 5, 30])
    expect(await dayOf(NOON + hours * 3_600_000)).toEqual(right);
});

test("a window that ends between two calls is asked for again, not refused", async () => {
  const { ledger, clock } = bench();
  await spend(ledger, 100, demand(100, of));
  clock.now += 13 * 3_600_000;
  await expect(ledger.reserve(demand(100, of))).resolves.toHaveProperty("id");
});

test("a store's clock that is set back gives nobody yesterday's budget again", async () => {
  const { ledger, clock } = bench();
  const daily = { limits: { user: ["$1/day"] } };
  await spend(ledger, 100, demand(100, daily));
  clock.now += 24 * 3_600_000;
  await spend(ledger, 100, demand(100, daily));
  clock.now -= 24 * 3_600_000;
  expect((await refusalOf(ledger.reserve(demand(1, daily)))).code).toBe("budget_exceeded");
});

test("between two answers time goes on by the monotonic clock", async () => {
  let elapsed = 5.25;
  const { ledger } = bench({ monotonic: () => elapsed });
  expect(await ledger.now()).toBe(NOON);
  elapsed += 1500.5;
  expect(await ledger.now()).toBe(NOON + 1500);
});
