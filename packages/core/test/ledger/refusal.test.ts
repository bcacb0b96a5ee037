import { expect, test } from "vitest";
import { toProblem } from "../../src/errors.ts";
import { stepLines } from "../../src/ledger/index.ts";
import { bench, charge, demand, refusalOf, spend } from "./bench.ts";

const HALF_DAY = 12 * 60 * 60;

test("a spent limit is budget_exceeded, with what is spent and when it comes back", async () => {
  const { ledger } = bench();
  const of = { limits: { user: ["$1/day"] } };
  await spend(ledger, 95, demand(95, of));
  const error = await refusalOf(ledger.reserve(demand(10, of)));
  expect(error).toMatchObject({
    code: "budget_exceeded",
    status: 402,
    retryable: false,
    message:
      "You have used $0.95 of your $1.00 AI budget for today; even a short answer can cost $0.10, which no longer fits. " +
      "It resets on 21 Nov 2026, 00:00 (UTC).",
    headers: { "Retry-After": String(HALF_DAY) },
    members: {
      resets_at: "2026-11-21T00:00:00Z",
      refused_by: [
        {
          scope: "user",
          subject: "alice",
          unit: "usd",
          period: "day",
          limit: "1.00",
          spent: "0.95",
          held: "0.00",
          remaining: "0.05",
          needed: "0.10",
          fits_output_tokens: 0,
          resets_at: "2026-11-21T00:00:00Z",
        },
      ],
    },
  });
});

test("a limit for a lifetime never comes back: no Retry-After", async () => {
  const { ledger } = bench();
  const of = { limits: { thread: ["$1"] } };
  await spend(ledger, 100, demand(100, of));
  const error = await refusalOf(ledger.reserve(demand(1, of)));
  expect(error.code).toBe("budget_exceeded");
  expect(error.headers).not.toHaveProperty("Retry-After");
  expect(error.members["resets_at"]).toBeNull();
  expect(error.message).toBe("You have used $1.00 of your $1.00 AI budget for this conversation.");
});

test("a rolling limit comes back when its oldest charge leaves", async () => {
  const { ledger, clock } = bench();
  const of = { limits: { user: ["$1/24h"] } };
  await spend(ledger, 60, demand(60, of));
  clock.now += 6 * 3_600_000;
  await spend(ledger, 40, demand(40, of));
  const error = await refusalOf(ledger.reserve(demand(10, of)));
  expect(error.headers["Retry-After"]).toBe(String(18 * 3600));
  expect(error.message).toContain("for any 24 hours");
  expect(error.message).toContain("Some of it comes back on 21 Nov 2026, 12:00 (UTC).");
});

test.for([
  ["$1/20m", "for any 20 minutes"],
  ["$1/90m", "for any 90 minutes"],
  ["$1/1h", "for any hour"],
  ["$1/2d", "for any 48 hours"],
] as const)("a rolling limit of %s is %s", async ([limit, says]) => {
  const { ledger } = bench();
  await spend(ledger, 100, demand(100, { limits: { user: [limit] } }));
  const error = await refusalOf(ledger.reserve(demand(10, { limits: { user: [limit] } })));
  expect(error.message).toContain(`You have used $1.00 of your $1.00 AI budget ${says}. Some`);
});

test("tokens and runs are told in their own words", async () => {
  const { ledger } = bench();
  await spend(ledger, 0, demand(1, { limits: { user: ["1 run/hour"] } }));
  const runs = await refusalOf(ledger.reserve(demand(1, { limits: { user: ["1 run/hour"] } })));
  expect(runs.message).toMatch(/^You have used 1 run of your 1 run AI budget for this hour\. It/);
  const tokens = await refusalOf(
    ledger.reserve(demand(1, { limits: { user: ["900 tokens/month"] } })),
  );
  expect(tokens).toMatchObject({
    code: "run_exceeds_budget",
    members: { refused_by: [{ unit: "tokens", limit: 900, needed: 1001 }] },
  });
});

test("held by running calls, also after waiting, is budget_in_flight", async () => {
  const { ledger } = bench();
  const of = { limits: { user: ["$1/day"] }, waitMs: 120 };
  await ledger.reserve(demand(95, of));
  const before = performance.now();
  const error = await refusalOf(ledger.reserve(demand(10, of)));
  expect(performance.now() - before).toBeGreaterThanOrEqual(115);
  expect(error).toMatchObject({
    code: "budget_in_flight",
    status: 402,
    retryable: true,
    message: "Running calls hold $0.95 of your $1.00 AI budget for today. Try again in a moment.",
    headers: { "Retry-After": "2" },
  });
});

test("more than the whole limit is run_exceeds_budget, at once and without Retry-After", async () => {
  const { ledger } = bench();
  const of = { limits: { run: ["$0.10"] }, waitMs: 5000 };
  const before = performance.now();
  const error = await refusalOf(ledger.reserve(demand(11, of)));
  expect(performance.now() - before).toBeLessThan(1000);
  expect(error).toMatchObject({ code: "run_exceeds_budget", status: 402, retryable: false });
  expect(error.headers).not.toHaveProperty("Retry-After");
  expect(error.message).toBe(
    "Even a short answer to this can cost $0.11, more than the whole AI budget of $0.10 for one request. Send less.",
  );
});

test("a spent shared limit is app_budget_exhausted, and shows no amounts", async () => {
  const { ledger } = bench();
  const of = { limits: { user: ["$5/day"], app: ["$1.23/day"], tenant: ["$1.17/month"] } };
  const subjects = { user: "alice", app: "app", tenant: "acme-secret" };
  await spend(ledger, 117, demand(117, { ...of, subjects }));
  const error = await refusalOf(ledger.reserve(demand(10, { ...of, subjects })));
  expect(error).toMatchObject({ code: "app_budget_exhausted", status: 503, expose: false });
  expect(JSON.stringify(toProblem(error))).not.toMatch(
    /1\.\d\d|acme|used_percent|refused_by|spent/,
  );
  expect(Number(error.headers["Retry-After"])).toBe(10.5 * 24 * 3600);
});

test("a shared limit that running calls hold is worth asking for again soon", async () => {
  const { ledger } = bench();
  const of = { limits: { app: ["$1/month"] } };
  await ledger.reserve(demand(95, of));
  const error = await refusalOf(ledger.reserve(demand(10, of)));
  expect(error.code).toBe("app_budget_exhausted");
  expect(error.headers["Retry-After"]).toBe("2");
});

test("own limits go before shared ones, which then are not told", async () => {
  const { ledger } = bench();
  const of = { limits: { app: ["$1/month"], user: ["$1/day"] } };
  await spend(ledger, 100, demand(100, of));
  const error = await refusalOf(ledger.reserve(demand(10, of)));
  expect(error.code).toBe("budget_exceeded");
  expect(error.members["refused_by"]).toMatchObject([{ scope: "user" }]);
  expect(JSON.stringify(toProblem(error))).not.toContain("app");
});

test("of several spent limits the one that comes back last is named, with its own time", async () => {
  const { ledger } = bench();
  const of = { limits: { user: ["$1/day", "$1/month", "$1/hour"] } };
  await spend(ledger, 100, demand(100, of));
  const error = await refusalOf(ledger.reserve(demand(10, of)));
  expect(error.message).toBe(
    "You have used $1.00 of your $1.00 AI budget for this month. It resets on 1 Dec 2026, 00:00 (UTC).",
  );
  expect(error.members["resets_at"]).toBe("2026-12-01T00:00:00Z");
  expect(error.members["refused_by"]).toHaveLength(3);
});

test("what running calls hold is not taken for spent beside a limit that is", async () => {
  const { ledger } = bench();
  const elsewhere = { user: "alice", thread: "thread-2" };
  const of = { limits: { thread: ["$0.12"], user: ["$1/day"] } };
  await spend(ledger, 92, demand(92, { limits: { user: ["$1/day"] }, subjects: elsewhere }));
  await ledger.reserve(demand(5, of));
  const error = await refusalOf(ledger.reserve(demand(10, of)));
  expect(error.code).toBe("budget_exceeded");
  expect(error.message).toContain("You have used $0.92 of your $1.00 AI budget for today");
  expect(error.headers["Retry-After"]).toBe(String(HALF_DAY));
  expect(error.members["refused_by"]).toHaveLength(2);
});

test("refusalOf gives the same refusal and holds nothing", async () => {
  const { ledger, store } = bench();
  const of = { limits: { user: ["$1/day"] } };
  expect(await ledger.refusalOf(demand(10, of))).toBeUndefined();
  await spend(ledger, 95, demand(95, of));
  const asked = await ledger.refusalOf(demand(10, of));
  const told = await refusalOf(ledger.reserve(demand(10, of)));
  expect(asked && toProblem(asked)).toEqual(toProblem(told));
  expect(await store.holds({ expired: false, limit: 9 })).toEqual([]);
});

test("a limit stated twice for one window is one window, and the lower holds", async () => {
  const { ledger, store } = bench();
  const of = { limits: { user: ["$1/day", "$0.50/day", "$2/day"] } };
  const { id } = await ledger.reserve(demand(30, of));
  expect((await refusalOf(ledger.reserve(demand(30, of)))).members["refused_by"]).toMatchObject([
    { limit: "0.50", held: "0.30" },
  ]);
  await ledger.settle(id, charge(30));
  expect(await ledger.balances(demand(30, of))).toMatchObject([
    { limit: "0.50", spent: "0.30", held: "0.00" },
  ]);
  expect(await stepLines(store, {})).toHaveLength(1);
});

test("a scope without a subject has no window, whatever it is called", async () => {
  const { ledger } = bench();
  const of = { limits: { tenant: ["$0"], constructor: ["$0"] } };
  await expect(ledger.reserve(demand(10, of))).resolves.toHaveProperty("id");
});

test("a run is counted at its first hold only", async () => {
  const { ledger } = bench();
  const of = { limits: { user: ["2 runs/day"] } };
  await spend(ledger, 1, demand(1, of));
  await spend(ledger, 1, demand(1, { ...of, countRun: false }));
  await spend(ledger, 1, demand(1, of));
  expect((await refusalOf(ledger.reserve(demand(1, of)))).code).toBe("budget_exceeded");
});
