/** A hold is ended on the terms that it was made on, whoever ends it. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type Store, createBudget, memory } from "../../src/index.ts";
import { LARGE_LIMITS, REASONING, books, budgetError, callsOf, start } from "../running-budget.ts";

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const HELLO = { input: "Hello ".repeat(500) } as const;

describe("another process recovers a call", () => {
  test.for([
    ["a regional owner's, and is not regional itself", true],
    ["an owner's who is not regional, and is regional itself", false],
  ] as const)("%s: the owner's region sets the price", async ([, regional]) => {
    let now = Date.now();
    const store = memory({ clock: () => now });
    const running = await start({
      store,
      regional,
      idleTimeout: "10m",
      assistants: { support: { model: REASONING } },
      simulator: { faults: [{ kind: "silence", afterEvents: 2 }] },
    });
    // Closing a budget waits for its runs, and this one ends only with its provider.
    onTestFinished(() => running.simulator.close());
    running.alice.run(HELLO).catch(() => undefined);
    const holds = () => store.holds({ expired: false, limit: 10 });
    await vi.waitFor(async () => expect((await holds())[0]?.responseId).toBeDefined());
    await running.simulator.idle();
    now += 60_001;
    const other = createBudget({
      limits: LARGE_LIMITS,
      baseURL: running.simulator.url,
      apiKey: "sk-test",
      regional: !regional,
      log: quiet,
      store,
    });
    expect(await other.recover()).toEqual({ found: 1, reported: 1, assumed: 0 });
    const { lines, invoice } = await books(running);
    const billed = Number(invoice[0]?.nano);
    expect(lines[0]?.charge.nano).toBe(regional ? Math.ceil((billed * 11) / 10) : billed);
  });
});

/** A store that holds what it is asked to hold, but whose replies are lost while it is away. */
function losesReplies(inner: Store): {
  readonly store: Store;
  readonly away: (is: boolean) => void;
} {
  let isAway = false;
  const store: Store = {
    ...inner,
    reserve: async (request) => {
      const reply = await inner.reserve(request);
      if (isAway) throw new Error("ECONNRESET");
      return reply;
    },
    release: async (hold) => {
      if (isAway) throw new Error("ECONNRESET");
      return inner.release(hold);
    },
  };
  return { store, away: (is) => (isAway = is) };
}

test("a hold whose replies were all lost is released when the store is back: its call was never sent", async () => {
  let now = Date.now();
  const inner = memory({ clock: () => now });
  const { store, away } = losesReplies(inner);
  const running = await start({ store });
  away(true);
  expect((await budgetError(running.alice.run(HELLO))).code).toBe("store_unavailable");
  expect(callsOf(running.simulator).creates).toBe(0);
  expect((await books(running)).held).toBe(1);
  away(false);
  await vi.waitFor(async () => expect((await books(running)).held).toBe(0), 5_000);
  now += 60_001;
  expect(await running.budget.recover()).toEqual({ found: 0, reported: 0, assumed: 0 });
  expect((await books(running)).lines).toEqual([]);
  const balances = await running.alice.balances();
  expect(balances.find(({ scope }) => scope === "user")).toMatchObject({
    spent: "0.00",
    held: "0.00",
  });
});
