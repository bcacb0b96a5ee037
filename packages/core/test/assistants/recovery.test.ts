/** Holds that lost their owner: asked for, never released, never ended twice. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { sweeper } from "../../src/assistants/sweeper.ts";
import { type Budget, createBudget, memory } from "../../src/index.ts";
import { ledgerOn } from "../ledger/bench.ts";
import {
  LARGE_LIMITS,
  type StartOptions,
  billOf,
  books,
  expectAgreement,
  start,
} from "../running-budget.ts";

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const HELLO = { input: "Hello" } as const;

/** A process that has sent a request and was never heard of again; and another on the same store. */
async function died(options: StartOptions = {}) {
  let now = Date.parse("2026-11-22T23:59:30Z");
  const store = memory({ clock: () => now });
  const running = await start({
    idleTimeout: "10m",
    ...options,
    store,
    simulator: { faults: [{ kind: "silence", afterEvents: 2 }], ...options.simulator },
  });
  // Closing a budget waits for its runs, and this one ends only with its provider.
  onTestFinished(() => running.simulator.close());
  const lost = running.alice.run(HELLO).catch((error: unknown) => error);
  await vi.waitFor(() => expect(running.simulator.requests().length).toBeGreaterThan(0));
  await running.simulator.idle();
  // The id is written down as soon as it is heard.
  await new Promise((resolve) => setTimeout(resolve, 30));
  return {
    running,
    lost,
    other: (more: object = {}): Budget =>
      createBudget({
        limits: LARGE_LIMITS,
        baseURL: running.simulator.url,
        apiKey: "sk-test",
        patience: "300ms",
        log: quiet,
        store,
        ...more,
      }),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe("a process that died in the middle of a call", () => {
  test("another one asks the provider, and settles with what was billed", async () => {
    const { running, lost, other, pass } = await died();
    const budget = other();
    expect(await budget.recover()).toEqual({ found: 0, reported: 0, assumed: 0 });
    pass(60_001);
    expect(await budget.recover()).toEqual({ found: 1, reported: 1, assumed: 0 });
    expect(await budget.recover()).toEqual({ found: 0, reported: 0, assumed: 0 });
    await expectAgreement(running);
    // The dead one was only asleep: what it says now changes nothing.
    await running.simulator.close();
    await lost;
    expect(await budget.lines()).toHaveLength(1);
  });

  test("that was never heard of: its ceiling, and never a release", async () => {
    const { running, other, pass } = await died({
      simulator: { faults: [{ kind: "silence", afterEvents: 0 }] },
    });
    pass(60_001);
    expect(await other().recover()).toEqual({ found: 1, reported: 0, assumed: 1 });
    const { lines, invoice, held } = await books(running);
    expect(lines[0]?.charge).toMatchObject({ known: "assumed", nano: lines[0]?.ceiling });
    expect(lines[0]?.charge.cause).toContain("its process died");
    expect(lines[0]?.charge.nano).toBeGreaterThanOrEqual(Number(invoice[0]?.nano));
    expect(held).toBe(0);
  });

  test.for([
    ["the provider keeps no responses", { keepResponses: false }],
    ["the new process does not know the model's price", {}],
    ["the provider can't be reached", { baseURL: "http://127.0.0.1:1/v1" }],
  ] as const)("%s: its ceiling", async ([, more]) => {
    const own = { input: "1", output: "2" };
    const { running, other, pass } = await died({
      assistants: { support: { model: "own" } },
      prices: { own },
      simulator: { prices: { own }, faults: [{ kind: "silence", afterEvents: 2 }] },
    });
    pass(60_001);
    expect(await other(more).recover()).toMatchObject({ found: 1, assumed: 1 });
    const { lines, held } = await books(running);
    expect(lines[0]?.charge.nano).toBe(lines[0]?.ceiling);
    expect(held).toBe(0);
  });

  test("ten processes recover at once: the hold ends once", async () => {
    const { running, other, pass } = await died();
    pass(60_001);
    const reports = await Promise.all(Array.from({ length: 10 }, () => other().recover()));
    expect(reports.reduce((sum, { reported }) => sum + reported, 0)).toBe(1);
    await expectAgreement(running);
  });

  test("settles in the day in which the money was held, though it is tomorrow", async () => {
    const { running, other, pass } = await died();
    pass(120_000);
    await other().recover();
    const today = await running.alice.balances();
    expect(today.find(({ scope }) => scope === "user")).toMatchObject({
      spent: "0.00",
      held: "0.00",
    });
    await expectAgreement(running);
  });
});

test("usage that turns up later corrects what was assumed, by the difference", async () => {
  let now = Date.now();
  const store = memory({ clock: () => now });
  const running = await start({ store, simulator: { latencyMs: 500 } });
  const run = running.alice.run(HELLO);
  await new Promise((resolve) => setTimeout(resolve, 60));
  now += 60_001;
  const other = createBudget({
    limits: LARGE_LIMITS,
    baseURL: running.simulator.url,
    apiKey: "sk-test",
    store,
    patience: "50ms",
    log: quiet,
  });
  expect(await other.recover()).toEqual({ found: 1, reported: 0, assumed: 1 });
  expect((await run).status).toBe("completed");
  const { lines, invoice, held } = await books(running);
  expect(lines.map(({ kind, charge }) => [kind, charge.known])).toEqual([
    ["charge", "assumed"],
    ["correction", "reported"],
  ]);
  expect(billOf(lines)).toEqual(new Map([[invoice[0]?.responseId, Number(invoice[0]?.nano)]]));
  const user = (await running.alice.balances()).find(({ scope }) => scope === "user");
  expect(Number(user?.spent)).toBeCloseTo(Number(invoice[0]?.nano) / 1e9, 12);
  expect(held).toBe(0);
});

test("an owner that slept between its hold and its call sends nothing on it, but holds anew", async () => {
  let slept = 0;
  const inner = memory();
  const asked: string[] = [];
  const store = {
    ...inner,
    reserve: async (request: Parameters<typeof inner.reserve>[0]) => {
      const reply = await inner.reserve(request);
      asked.push(request.hold);
      // The first answer takes 50 of the hold's 60 seconds to arrive.
      if (asked.length === 1) slept += 50_000;
      return reply;
    },
  };
  const running = await start({ store });
  const budget = createBudget(
    { limits: LARGE_LIMITS, baseURL: running.simulator.url, apiKey: "sk-test", store, log: quiet },
    { monotonic: () => performance.now() + slept },
  );
  await budget.for({ user: "alice" }).run(HELLO);
  expect(new Set(asked).size).toBe(2);
  expect((await books(running)).held).toBe(0);
  await expectAgreement(running);
  await budget.close();
});

function sweptHost(found: () => Promise<readonly never[]>) {
  const warnings: string[] = [];
  const store = memory();
  const ledger = { ...ledgerOn(store, { monotonic: () => 0 }), expired: found };
  const warn = (message: string) => void warnings.push(message);
  return { host: { ledger, warn } as unknown as Parameters<typeof sweeper>[0], store, warnings };
}

describe("the sweeper", () => {
  test("looks from time to time, in one process of all, and survives a store that is away", async () => {
    vi.useFakeTimers();
    try {
      let looked = 0;
      const a = sweptHost(async () => {
        looked += 1;
        if (looked === 1) throw new Error("away");
        return [];
      });
      const sweepers = [1, 2, 3].map((i) =>
        sweeper(a.host, { store: a.store, owner: `process_${i}` }),
      );
      for (const one of sweepers) one.start();
      await vi.advanceTimersByTimeAsync(46_000);
      expect(looked).toBeGreaterThanOrEqual(1);
      expect(a.warnings[0]).toContain("away");
      const before = looked;
      await vi.advanceTimersByTimeAsync(300_000);
      // About every 30 s by one process, not by three.
      expect(looked - before).toBeGreaterThan(5);
      expect(looked - before).toBeLessThan(20);
      for (const one of sweepers) one.stop();
      const after = looked;
      await vi.advanceTimersByTimeAsync(300_000);
      expect(looked).toBe(after);
    } finally {
      vi.useRealTimers();
    }
  });
});
