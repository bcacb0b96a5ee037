/** `thresholds` and `budget.on('threshold', …)`: once a window over all processes, and never lost. */
import { longOutput } from "@assistants-budget/simulator";
import { expect, onTestFinished, test, vi } from "vitest";
import { type ThresholdEvent, createBudget, memory } from "../src/index.ts";
import { PLAIN, type StartOptions, budgetError, start } from "./running-budget.ts";

const HELLO = { input: "Hello" } as const;

/** One step costs $0.0001548 of $0.0004. */
async function app(options: StartOptions = {}) {
  const running = await start({
    limits: { run: "$1", thread: "$1", user: "$0.0004/day", app: "$1/day" },
    thresholds: [0.3, 0.6, 1],
    assistants: { support: { model: PLAIN, maxOutputTokens: 256 } },
    simulator: { script: longOutput(256) },
    ...options,
  });
  const heard: ThresholdEvent[] = [];
  const stop = running.budget.on("threshold", (event) => void heard.push(event));
  return { ...running, heard, stop };
}

test("each part is told as it is reached, and the last one when nothing fits any more", async () => {
  const { alice, heard } = await app();
  await alice.run(HELLO);
  await vi.waitFor(() => expect(heard.map(({ threshold }) => threshold)).toEqual([0.3]));
  expect(heard[0]).toMatchObject({
    type: "threshold",
    scope: "user",
    subject: "alice",
    unit: "usd",
    period: "day",
    limit: "0.0004",
    usedPercent: expect.any(Number),
    resetsAt: expect.stringMatching(/T00:00:00Z$/),
  });
  await alice.run(HELLO);
  await vi.waitFor(() => expect(heard.map(({ threshold }) => threshold)).toEqual([0.3, 0.6]));
  await expect(alice.run(HELLO)).rejects.toHaveProperty("code", "budget_exceeded");
  await vi.waitFor(() => expect(heard.map(({ threshold }) => threshold)).toEqual([0.3, 0.6, 1]));
  await expect(alice.run(HELLO)).rejects.toHaveProperty("code", "budget_exceeded");
  expect(new Set(heard.map(({ id }) => id)).size).toBe(3);
});

test("runs and threads are too many to be told of", async () => {
  const { alice, heard, budget } = await app();
  await alice.run({ ...HELLO, limits: { run: "$0.0003" } });
  await vi.waitFor(() => expect(heard).not.toEqual([]));
  expect(heard.every(({ scope }) => scope === "user")).toBe(true);
  expect((await budget.operator.nearest()).map(({ scope }) => scope)).not.toContain("run");
});

test("a handler that throws is told again, by the same id, and its error is not shown", async () => {
  let now = Date.parse("2026-11-22T12:00:00Z");
  const running = await app({ thresholds: [0.3], store: memory({ clock: () => now }) });
  running.stop();
  const ids: string[] = [];
  running.budget.on("threshold", ({ id, subject }) => {
    if (subject === "alice" && ids.push(id) === 1) throw new Error("secret");
  });
  await running.alice.run(HELLO);
  await vi.waitFor(() => expect(running.logged.warn.join()).toContain("told again"));
  expect(running.logged.warn.join()).not.toContain("secret");
  // Something new makes it look; before that it would in a few seconds.
  await running.budget.for({ user: "bob" }).run(HELLO);
  expect(ids).toHaveLength(1);
  now += 31_000;
  await running.budget.for({ user: "carol" }).run(HELLO);
  await vi.waitFor(() => expect(ids).toHaveLength(2));
  now += 31_000;
  await running.budget.for({ user: "dave" }).run(HELLO);
  expect(new Set(ids).size).toBe(1);
  expect(ids).toHaveLength(2);
});

test("a handler that never ends holds up no other, and not the app's end", async () => {
  const { alice, budget, heard } = await app({ thresholds: [0.3] });
  budget.on("threshold", () => new Promise(() => undefined));
  await alice.run(HELLO);
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  const started = performance.now();
  await budget.close({ waitMs: 100 });
  expect(performance.now() - started).toBeLessThan(2_000);
});

test.for([
  ["treshold", () => undefined],
  ["threshold", undefined],
] as const)("on(%j, %o) is refused", async ([type, handler]) => {
  const { budget } = await app();
  const error = await budgetError(() => budget.on(type as "threshold", handler as () => void));
  expect(error.code).toBe("invalid_options");
});

test("two processes that listen are told once together", async () => {
  const { alice, budget, heard, store, simulator } = await app();
  const other = createBudget({
    store,
    limits: { user: "$0.0004/day" },
    thresholds: [0.3],
    baseURL: simulator.url,
    apiKey: "sk-test",
  });
  onTestFinished(() => other.close());
  const there: ThresholdEvent[] = [];
  other.on("threshold", (event) => void there.push(event));
  await alice.run(HELLO);
  await vi.waitFor(() => expect([...heard, ...there]).toHaveLength(1));
  // A last look of each, and nothing more.
  await Promise.all([budget.close(), other.close()]);
  expect([...heard, ...there]).toHaveLength(1);
});

test("whoever stops listening hears nothing, and what was not told is kept for the next one", async () => {
  const { alice, heard, stop, budget } = await app();
  stop();
  await alice.run(HELLO);
  expect(heard).toEqual([]);
  const later: ThresholdEvent[] = [];
  budget.on("threshold", (event) => void later.push(event));
  await vi.waitFor(() => expect(later).toHaveLength(1));
});

test.for([[[0]], [[1.1]], [["half"]], [0.5]])(
  "%j is no list of thresholds",
  async ([thresholds]) => {
    const error = await budgetError(() => createBudget({ thresholds: thresholds as never }));
    expect(error.message).toContain("thresholds");
  },
);
