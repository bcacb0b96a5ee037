import { expect, test } from "vitest";
import { bench, charge, demand, spend } from "./bench.ts";

test("balances tell limit, spent, held, what is left and when it comes back", async () => {
  const { ledger } = bench();
  const of = { limits: { user: ["$1/day", "$5/24h", "900 runs"], app: ["2M tokens/month"] } };
  await spend(ledger, 25, demand(30, of));
  await ledger.reserve(demand(10, of));
  expect(await ledger.balances(demand(0, of))).toEqual([
    {
      scope: "user",
      subject: "alice",
      unit: "usd",
      period: "day",
      limit: "1.00",
      spent: "0.25",
      held: "0.10",
      remaining: "0.65",
      usedPercent: 35,
      window: { start: "2026-11-20T00:00:00Z", end: "2026-11-21T00:00:00Z" },
      resetsAt: "2026-11-21T00:00:00Z",
    },
    expect.objectContaining({
      period: "rolling:86400000",
      remaining: "4.65",
      window: { start: "2026-11-19T12:00:00Z", end: null },
      resetsAt: "2026-11-21T12:00:00Z",
    }),
    expect.objectContaining({
      unit: "runs",
      period: "lifetime",
      spent: 1,
      held: 1,
      window: { start: null, end: null },
      resetsAt: null,
    }),
    expect.objectContaining({ scope: "app", unit: "tokens", limit: 2_000_000, held: 1001 }),
  ]);
});

test("above the limit, nothing remains; never less than that", async () => {
  const { ledger } = bench();
  const of = { limits: { user: ["$1/day"] } };
  const { id } = await ledger.reserve(demand(90, of));
  await ledger.settle(id, charge(150));
  expect(await ledger.balances(demand(0, of))).toMatchObject([
    { spent: "1.50", remaining: "0.00", usedPercent: 150 },
  ]);
});
