import { echo, fixed } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import { memory } from "../../src/index.ts";
import {
  LARGE_LIMITS,
  PLAIN,
  bodiesOf,
  books,
  budgetError,
  callsOf,
  expectAgreement,
  start,
} from "../running-budget.ts";

const LONG = "You help the customers of a shop that sells lamps. ".repeat(150);

function said(text: string) {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

describe("a thread", () => {
  test("is sent again whole, in the same bytes, and then what is new", async () => {
    const running = await start();
    const first = await running.alice.run({ input: "One" });
    const second = await running.alice.run({ input: "Two", thread: first.thread });
    const third = await running.alice.run({ input: "Three", thread: second.thread });
    expect(new Set([first.thread, second.thread, third.thread]).size).toBe(1);
    const [a, b, c] = bodiesOf(running.simulator).map(({ input }) => JSON.stringify(input));
    expect(b?.startsWith(a?.slice(0, -1) ?? "-")).toBe(true);
    expect(c?.startsWith(b?.slice(0, -1) ?? "-")).toBe(true);
    expect(JSON.parse(c ?? "[]")).toMatchObject([
      said("One"),
      { role: "assistant", content: [{ text: "You said: One" }] },
      said("Two"),
      { role: "assistant", content: [{ text: "You said: Two" }] },
      said("Three"),
    ]);
    expect(await running.alice.threads.items(first.thread)).toHaveLength(6);
    await expectAgreement(running);
  });

  test("keeps its prefix, so that the provider bills it as cached", async () => {
    const running = await start({
      assistants: { support: { model: "gpt-6-luna", instructions: LONG } },
    });
    const first = await running.alice.run({ input: "One" });
    const second = await running.alice.run({ input: "Two", thread: first.thread });
    expect(first.usage.cacheWriteTokens).toBeGreaterThan(1_000);
    expect(second.usage.cachedTokens).toBeGreaterThan(1_000);
    expect(second.cost.nano).toBeLessThan(first.cost.nano);
    await expectAgreement(running);
  });

  test("has no reasoning and no ids of the provider's in it", async () => {
    const running = await start({
      simulator: { script: () => ({ text: "Yes.", reasoningTokens: 300 }) },
    });
    const { thread } = await running.alice.run({ input: "One" });
    const items = await running.alice.threads.items(thread);
    expect(items.map(({ type }) => type)).toEqual(["message", "message"]);
    expect(JSON.stringify(items)).not.toMatch(/"id"|encrypted/);
    await running.alice.run({ input: "Two", thread });
    await expectAgreement(running);
  });

  test("is deleted with its runs; what it cost stays", async () => {
    const running = await start();
    const run = await running.alice.run({ input: "One" });
    await running.alice.threads.delete(run.thread);
    const gone = [
      running.alice.threads.items(run.thread),
      running.alice.threads.delete(run.thread),
      running.alice.runs.list(run.thread),
      running.alice.run({ input: "Two", thread: run.thread }),
    ];
    const codes = await Promise.all(gone.map(async (one) => (await budgetError(one)).code));
    expect(new Set(codes)).toEqual(new Set(["thread_not_found"]));
    expect((await budgetError(running.alice.runs.get(run.id))).code).toBe("run_not_found");
    expect(await running.budget.lines()).toHaveLength(1);
  });

  test("that was deleted under a run keeps nothing of it; the charge stays", async () => {
    const running = await start({ simulator: { latencyMs: 150 } });
    const { thread } = await running.alice.run({ input: "One" });
    const second = budgetError(running.alice.run({ input: "Two", thread }));
    await new Promise((resolve) => setTimeout(resolve, 60));
    await running.alice.threads.delete(thread);
    expect((await second).code).toBe("thread_busy");
    expect((await budgetError(running.alice.threads.items(thread))).code).toBe("thread_not_found");
    await expectAgreement(running);
    expect(await running.budget.lines()).toHaveLength(2);
  });
});

describe("whose thread it is", () => {
  test("somebody else's and one that isn't there get the same answer, to the letter", async () => {
    const running = await start();
    const { thread, id } = await running.alice.run({ input: "My secret" });
    const bob = running.budget.for({ user: "bob" });
    const made = `${thread.slice(0, -4)}ffff`;
    const attempts = (of: string) => [
      bob.run({ input: "Hi", thread: of }),
      bob.threads.items(of),
      bob.threads.delete(of),
      bob.runs.list(of),
    ];
    const errors = await Promise.all([...attempts(thread), ...attempts(made)].map(budgetError));
    expect(new Set(errors.map((error) => JSON.stringify(error))).size).toBe(1);
    expect(errors[0]).toMatchObject({ code: "thread_not_found", status: 404 });
    const runs = await Promise.all(
      [bob.runs.get(id), bob.runs.get("run_made_up")].map(budgetError),
    );
    expect(JSON.stringify(runs[0])).toBe(JSON.stringify(runs[1]));
    expect(callsOf(running.simulator).creates).toBe(1);
    expect(await running.alice.threads.items(thread)).toHaveLength(2);
  });

  test.for([
    ["nothing", ""],
    ["a number", 5],
    ["an object", { id: "x" }],
    ["a list", ["x"]],
    ["a prototype", "__proto__"],
    ["a constructor", "constructor"],
    ["SQL", "x' OR '1'='1"],
    ["a path", "../../../etc/passwd"],
    ["a null byte", "thread_\u0000"],
    ["half a character", "thread_\ud800"],
    ["10,000 characters", "x".repeat(10_000)],
    ["a wildcard", "%"],
    ["another family's key", "user|usd|day|bob"],
  ] as const)("an id of hostile shape is no thread: %s", async ([, thread]) => {
    const running = await start();
    const asked = thread as string;
    const errors = await Promise.all(
      [
        running.alice.run({ input: "Hi", thread: asked }),
        running.alice.threads.items(asked),
        running.alice.runs.list(asked),
        running.alice.threads.delete(asked),
      ].map(budgetError),
    );
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["thread_not_found"]));
    expect(callsOf(running.simulator).creates).toBe(0);
    expect(await books(running)).toEqual({ lines: [], invoice: [], held: 0 });
  });
});

describe("one run at a time", () => {
  test("the second of two concurrent runs gets 409 and spends nothing", async () => {
    const running = await start({ simulator: { latencyMs: 100 } });
    const { thread } = await running.alice.run({ input: "One" });
    const [a, b] = await Promise.allSettled([
      running.alice.run({ input: "Two", thread }),
      running.alice.run({ input: "Three", thread }),
    ]);
    expect([a.status, b.status].toSorted()).toEqual(["fulfilled", "rejected"]);
    const [refused] = [a, b].flatMap((one) => (one.status === "rejected" ? one.reason : []));
    expect(refused).toMatchObject({ code: "thread_busy", status: 409, retryable: true });
    expect(refused.headers["Retry-After"]).toBe("2");
    expect(callsOf(running.simulator).creates).toBe(2);
    await running.alice.run({ input: "Four", thread });
    await expectAgreement(running);
  });

  test("fifty at once: one runs, and the thread is whole afterwards", async () => {
    const running = await start({ simulator: { latencyMs: 50 } });
    const { thread } = await running.alice.run({ input: "Start" });
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) => running.alice.run({ input: `No. ${i}`, thread })),
    );
    const done = all.filter(({ status }) => status === "fulfilled");
    expect(done).toHaveLength(1);
    expect(await running.alice.threads.items(thread)).toHaveLength(4);
    await expectAgreement(running);
  });

  test("a thread whose run has died is free again after a minute", async () => {
    let now = Date.now();
    const store = memory({ clock: () => now });
    const running = await start({ store });
    const { thread } = await running.alice.run({ input: "One" });
    await store.openThread({ thread, user: "alice", run: "run_dead", leaseMs: 60_000 });
    const two = { input: "Two", thread };
    expect((await budgetError(running.alice.run(two))).code).toBe("thread_busy");
    now += 60_001;
    expect((await running.alice.run(two)).status).toBe("completed");
    // What the dead one writes late is not taken.
    const items = await running.alice.threads.items(thread);
    expect(items).toHaveLength(4);
  });
});

/** The store's writes, watched. */
function watched() {
  const store = memory();
  const saved: string[] = [];
  return {
    saved,
    store: {
      ...store,
      saveRun: (request: Parameters<typeof store.saveRun>[0]) => {
        if (request.append.length > 0) saved.push(request.run.thread);
        return store.saveRun(request);
      },
    },
  };
}

describe("what does not make a thread", () => {
  test("a refused run", async () => {
    const { store, saved } = watched();
    const running = await start({ store, limits: { user: "$0.0000001/day" } });
    expect((await budgetError(running.alice.run({ input: "One" }))).status).toBe(402);
    expect(saved).toEqual([]);
    expect(callsOf(running.simulator).creates).toBe(0);
  });

  test("a run that the provider failed; its charge is remembered with the run", async () => {
    const { store, saved } = watched();
    const running = await start({ store, simulator: { faults: [{ kind: "overloaded" }] } });
    await budgetError(running.alice.run({ input: "One" }));
    expect(saved).toEqual([]);
    const [line] = await running.budget.lines();
    expect(await running.alice.runs.get(line?.facts.run ?? "")).toMatchObject({
      status: "failed",
      cost: { nano: line?.ceiling },
    });
  });

  test("a failed run leaves an old thread as it was, and free", async () => {
    const running = await start();
    const { thread } = await running.alice.run({ input: "One" });
    running.simulator.inject({ kind: "overloaded" });
    await budgetError(running.alice.run({ input: "Two", thread }));
    expect(await running.alice.threads.items(thread)).toHaveLength(2);
    running.simulator.setScript(echo());
    expect((await running.alice.run({ input: "Three", thread })).text).toBe("You said: Three");
  });
});

describe("what is remembered of runs", () => {
  test("each with its steps and their cost, newest first", async () => {
    const running = await start({ simulator: { script: fixed("Fine.") } });
    const first = await running.alice.run({ input: "One", metadata: { ticket: "A-1" } });
    const second = await running.alice.run({ input: "Two", thread: first.thread });
    const got = await running.alice.runs.get(first.id);
    const { output: _output, balances: _balances, ...summary } = first;
    expect(got).toEqual(summary);
    expect(got.metadata).toEqual({ ticket: "A-1" });
    expect((await running.alice.runs.list(first.thread)).map(({ id }) => id)).toEqual([
      second.id,
      first.id,
    ]);
    const lines = await running.budget.lines({ run: second.id });
    expect(second.steps).toHaveLength(1);
    expect(second.cost.nano).toBe(lines.reduce((sum, { charge }) => sum + charge.nano, 0));
    expect(second.cost.usd).toMatch(/^0\.\d+$/);
  });
});

test("threads of one user do not share a thread limit; runs in one thread do", async () => {
  const running = await start({
    limits: { ...LARGE_LIMITS, thread: "2 runs" },
    assistants: { support: { model: PLAIN } },
  });
  const { thread } = await running.alice.run({ input: "1" });
  await running.alice.run({ input: "2", thread });
  const error = await budgetError(running.alice.run({ input: "3", thread }));
  expect(error).toMatchObject({ code: "budget_exceeded", members: { resets_at: null } });
  expect(error.headers["Retry-After"]).toBeUndefined();
  await running.alice.run({ input: "4" });
});
