/** `onStoreError: 'allow'`: steps go out without a hold, and are counted when the store is back. */
import { callsTools } from "@assistants-budget/simulator";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type KeptCharges, createBudget, memory, tool } from "../../src/index.ts";
import { flaky } from "../flaky-store.ts";
import {
  LARGE_LIMITS,
  PLAIN,
  billOf,
  books,
  budgetError,
  callsOf,
  start,
} from "../running-budget.ts";

const HELLO = { input: "Hello" } as const;
const look = tool({ name: "look", description: "", parameters: z.object({}), execute: () => "ok" });

/** A disk that outlives every budget that writes to it. */
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

describe("allowed", () => {
  test("a run goes on while the store is away, and its lines say that nothing was held", async () => {
    const { store, away, mend } = flaky();
    const running = await start({
      store,
      onStoreError: "allow",
      assistants: { support: { model: PLAIN, tools: [look] } },
      simulator: { script: callsTools({ name: "look" }) },
    });
    await running.alice.run(HELLO);
    away();
    const run = await running.alice.run(HELLO);
    expect(run).toMatchObject({ status: "completed", balances: [] });
    expect(running.logged.warn.join()).toContain("without a hold");
    mend();
    await vi.waitFor(async () => expect(await running.budget.lines()).toHaveLength(4), 5_000);
    const { lines, invoice, held } = await books(running);
    expect(billOf(lines)).toEqual(
      new Map(invoice.map(({ responseId, nano }) => [responseId, Number(nano)])),
    );
    expect(lines.map(({ charge }) => charge.cause)).toEqual([
      undefined,
      undefined,
      ...Array.from({ length: 2 }, () => "not held: the store was away"),
    ]);
    expect(held).toBe(0);
    await vi.waitFor(async () =>
      expect(await running.alice.threads.items(run.thread)).toHaveLength(4),
    );
  });

  test("what went out on trust counts, also beyond the limit", async () => {
    const { store, away, mend } = flaky();
    const running = await start({
      store,
      onStoreError: "allow",
      limits: { ...LARGE_LIMITS, user: "$0.0002/day" },
      assistants: { support: { model: PLAIN } },
    });
    await running.alice.balances();
    away();
    await Promise.all(Array.from({ length: 30 }, () => running.alice.run(HELLO)));
    mend();
    await vi.waitFor(async () => expect(await running.budget.lines()).toHaveLength(30), 5_000);
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("budget_exceeded");
  });

  test("an existing thread is not guessed at: who can't be known is refused", async () => {
    const { store, away } = flaky();
    const running = await start({ store, onStoreError: "allow" });
    const { thread } = await running.alice.run(HELLO);
    away();
    const error = await budgetError(running.alice.run({ ...HELLO, thread }));
    expect(error.code).toBe("store_unavailable");
  });

  test("whoever is known to be frozen stays where they are", async () => {
    const { store, away } = flaky();
    const running = await start({ store, onStoreError: "allow" });
    await running.budget.operator.freeze({ user: "alice" }, { by: "ana", why: "a test" });
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("subject_frozen");
    away();
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("subject_frozen");
    expect(callsOf(running.simulator).creates).toBe(0);
  });

  test("a call that cost nothing leaves nothing to be counted", async () => {
    const { store, away, mend } = flaky();
    const running = await start({ store, onStoreError: "allow" });
    await running.alice.balances();
    running.simulator.inject({ kind: "rate_limit" });
    away();
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("provider_rate_limited");
    mend();
    await running.budget.close();
    expect((await books(running)).lines).toEqual([]);
  });
});

test("denied, which is the default: nothing is sent", async () => {
  const { store, away } = flaky();
  const running = await start({ store });
  await running.alice.balances();
  away();
  expect((await budgetError(running.alice.run(HELLO))).code).toBe("store_unavailable");
  expect(callsOf(running.simulator).creates).toBe(0);
});

describe("kept charges", () => {
  test("a charge that its process could not bring to the store is brought by the next one", async () => {
    const { store, fail, mend } = flaky();
    const { kept, charges } = disk();
    const running = await start({ store, keepCharges: charges });
    fail("settle");
    await running.alice.run(HELLO);
    expect(kept.size).toBe(1);
    await running.budget.close();
    expect(kept.size).toBe(1);
    mend();
    const next = createBudget({ store, keepCharges: charges, apiKey: "sk-test" });
    await next.ready();
    await vi.waitFor(async () => expect(await next.lines()).toHaveLength(1), 5_000);
    await next.close();
    const { lines, invoice, held } = await books(running);
    expect(lines[0]?.charge).toMatchObject({
      known: "reported",
      nano: Number(invoice[0]?.nano),
    });
    expect([held, kept.size]).toEqual([0, 0]);
  });

  test("also of a step that went out on trust", async () => {
    const { store, away, mend } = flaky();
    const { kept, charges } = disk();
    const running = await start({ store, keepCharges: charges, onStoreError: "allow" });
    await running.alice.balances();
    away();
    await running.alice.run(HELLO);
    await running.budget.close();
    expect(JSON.stringify([...kept])).not.toContain("Hello");
    mend();
    const next = createBudget({ store, keepCharges: charges, apiKey: "sk-test" });
    await next.recover();
    await next.close();
    const { lines, invoice } = await books(running);
    expect(billOf(lines)).toEqual(
      new Map(invoice.map(({ responseId, nano }) => [responseId, Number(nano)])),
    );
  });

  test("the first run reads them, where nobody has asked for that", async () => {
    const { store, fail, mend } = flaky();
    const { kept, charges } = disk();
    const running = await start({ store, keepCharges: charges });
    fail("settle");
    await running.alice.run(HELLO);
    await running.budget.close();
    mend();
    kept.set("odd", "{");
    kept.set("older", JSON.stringify({ hold: 7 }));
    const next = await start({ store, keepCharges: charges });
    await next.alice.run(HELLO);
    await vi.waitFor(async () => expect(await next.budget.lines()).toHaveLength(2), 5_000);
    expect([...kept.keys()]).toEqual(["odd", "older"]);
    expect(next.logged.warn.filter((one) => one.includes("is no charge for"))).toHaveLength(2);
  });

  test("a charge for another store is left for it, and one that nobody keeps is named", async () => {
    const { store, fail } = flaky();
    const { kept, charges } = disk();
    const running = await start({ store, keepCharges: charges });
    fail("settle");
    await running.alice.run(HELLO);
    await running.budget.close();
    const other = await start({ store: { ...memory(), name: "another" }, keepCharges: charges });
    await other.budget.ready();
    await other.budget.close();
    expect(kept.size).toBe(1);
    expect(other.logged.warn.join()).toContain("no charge for this store");
    const forgetful = await start({ store });
    await forgetful.alice.run(HELLO);
    await forgetful.budget.close();
    expect(forgetful.logged.warn.join()).toMatch(/charge of \d+ nano-dollars .* is lost/);
  });

  test("a disk that fails is said, and stands in nobody's way", async () => {
    const { store, fail, mend } = flaky();
    const { charges } = disk();
    const full = { ...charges, put: async () => Promise.reject(new Error("ENOSPC")) };
    const running = await start({ store, keepCharges: full });
    fail("settle");
    expect((await running.alice.run(HELLO)).status).toBe("completed");
    await vi.waitFor(() => expect(running.logged.warn.join()).toContain("ENOSPC"));
    mend();
    await vi.waitFor(async () => expect(await running.budget.lines()).toHaveLength(1), 5_000);
  });
});
