/** A store that goes away under a run: nothing is sent that is not held, and nothing that was spent is forgotten. */
import { callsTools } from "@assistants-budget/simulator";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { tool } from "../../src/index.ts";
import { flaky } from "../flaky-store.ts";
import { PLAIN, books, budgetError, callsOf, expectAgreement, start } from "../running-budget.ts";

const HELLO = { input: "Hello" } as const;

const look = tool({ name: "look", description: "", parameters: z.object({}), execute: () => "ok" });
const withTool = {
  assistants: { support: { model: PLAIN, tools: [look] } },
  simulator: { script: callsTools({ name: "look" }) },
};

describe("before the call: refused with 503, and nothing is sent", () => {
  test.for(["now", "reserve"] as const)("%s", async (name) => {
    const { store, fail, mend } = flaky();
    const running = await start({ store });
    fail(name);
    const error = await budgetError(running.alice.run(HELLO));
    expect(error).toMatchObject({ code: "store_unavailable", status: 503, retryable: true });
    expect(error.detail).not.toContain("ECONNRESET");
    expect(callsOf(running.simulator).creates).toBe(0);
    mend();
    expect((await running.alice.run(HELLO)).status).toBe("completed");
    expect((await books(running)).held).toBe(0);
  });

  test.for(["openThread", "items", "runs", "deleteThread", "windows"] as const)(
    "%s",
    async (name) => {
      const { store, fail } = flaky();
      const running = await start({ store });
      const { thread } = await running.alice.run(HELLO);
      fail(name);
      const ask = {
        openThread: () => running.alice.run({ ...HELLO, thread }),
        items: () => running.alice.threads.items(thread),
        runs: () => running.alice.runs.list(thread),
        deleteThread: () => running.alice.threads.delete(thread),
        windows: () => running.alice.balances(),
      }[name];
      expect((await budgetError(ask())).code).toBe("store_unavailable");
      expect(callsOf(running.simulator).creates).toBe(1);
    },
  );
});

describe("a hiccup is not noticed", () => {
  test.for(["now", "reserve", "settle", "attach", "saveRun", "windows"] as const)(
    "%s",
    async (name) => {
      const { store, fail } = flaky();
      const running = await start({ store });
      fail(name, 1);
      expect((await running.alice.run(HELLO)).status).toBe("completed");
      await expectAgreement(running);
    },
  );

  test("an answer that was lost is asked for again: nothing is held twice, nothing charged twice", async () => {
    const { store, fail } = flaky();
    const running = await start({ store });
    fail("reserve", 1, true);
    await running.alice.run(HELLO);
    fail("settle", 1, true);
    const run = await running.alice.run(HELLO);
    await expectAgreement(running);
    const user = run.balances.find(({ scope }) => scope === "user");
    expect(user?.held).toBe("0.00");
    expect(Number(user?.spent)).toBeCloseTo((2 * run.cost.nano) / 1e9, 12);
  });
});

describe("after the call: the work is given back, and the charge is offered until it is taken", () => {
  test("settle", async () => {
    const { store, fail, mend } = flaky();
    const running = await start({ store });
    fail("settle");
    const run = await running.alice.run(HELLO);
    expect(run).toMatchObject({ status: "completed", text: "You said: Hello" });
    expect(await running.budget.lines()).toEqual([]);
    mend();
    await vi.waitFor(async () => expect(await running.budget.lines()).toHaveLength(1), 5_000);
    await expectAgreement(running);
  });

  test("settle, and the app is closed before the store is back for good", async () => {
    const { store, fail, mend } = flaky();
    const running = await start({ store });
    fail("settle");
    await running.alice.run(HELLO);
    mend();
    await running.budget.close();
    expect((await expectAgreement(running)).lines).toHaveLength(1);
  });

  test("release: a call that cost nothing frees its money in the end", async () => {
    const { store, fail, mend } = flaky();
    const running = await start({ store, simulator: { faults: [{ kind: "rate_limit" }] } });
    fail("release");
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("provider_rate_limited");
    expect((await books(running)).held).toBe(1);
    mend();
    await vi.waitFor(async () => expect((await books(running)).held).toBe(0), 5_000);
  });

  test("attach: only means that nobody could ask later", async () => {
    const { store, fail } = flaky();
    const running = await start({ store });
    fail("attach");
    expect((await running.alice.run(HELLO)).status).toBe("completed");
    await expectAgreement(running);
  });

  test("saveRun at the end: the answer is given back, with a warning", async () => {
    const { store, fail } = flaky();
    const running = await start({ store });
    fail("saveRun");
    expect((await running.alice.run(HELLO)).text).toBe("You said: Hello");
    expect(running.logged.warn.join()).toContain("could not be saved");
    await expectAgreement(running);
  });

  test("saveRun at the end of a new thread: its next turn finds it as soon as the store is back", async () => {
    const { store, fail, mend } = flaky();
    const running = await start({ store });
    fail("saveRun");
    const { thread } = await running.alice.run(HELLO);
    expect((await budgetError(running.alice.run({ ...HELLO, thread }))).code).toBe("thread_busy");
    mend();
    expect((await running.alice.run({ ...HELLO, thread })).status).toBe("completed");
    expect(await running.alice.threads.items(thread)).toHaveLength(4);
    await expectAgreement(running);
  });

  test("saveRun in the middle: the next save writes both", async () => {
    const { store, fail } = flaky();
    const running = await start({ ...withTool, store });
    fail("saveRun", 3);
    const run = await running.alice.run(HELLO);
    expect(run.status).toBe("completed");
    expect(await running.alice.threads.items(run.thread)).toHaveLength(4);
    await expectAgreement(running);
  });

  test("reserve in the middle: the run ends with what it has", async () => {
    const { store, fail } = flaky();
    const running = await start({ ...withTool, store });
    const stream = running.alice.stream(HELLO);
    for await (const event of stream) if (event.type === "tool_call") fail("reserve");
    const run = await stream.result;
    expect(run).toMatchObject({
      status: "incomplete",
      stop: { problem: { code: "store_unavailable" } },
    });
    expect(run.output.map(({ type }) => type)).toContain("function_call_output");
    await expectAgreement(running);
  });

  test("the end of a lease: what is told is why the run failed, not that", async () => {
    const { store, fail } = flaky();
    const running = await start({ store });
    const { thread } = await running.alice.run(HELLO);
    running.simulator.inject({ kind: "rate_limit", retryAfter: 3 });
    fail("closeThread");
    const error = await budgetError(running.alice.run({ ...HELLO, thread }));
    expect(error.code).toBe("provider_rate_limited");
  });
});
