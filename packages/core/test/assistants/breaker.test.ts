import { type Fault, sequence } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import { breaker } from "../../src/assistants/breaker.ts";
import { createBudget } from "../../src/index.ts";
import { budgetError, callsOf, start } from "../running-budget.ts";

const HELLO = { input: "Hello" } as const;

describe("the breaker", () => {
  test("closes after five failures in a row, lets one through after its pause, and opens at a success", () => {
    let now = 0;
    const one = breaker(() => now);
    for (let i = 0; i < 5; i++) {
      expect([one.closedForMs(), one.enter()]).toEqual([0, true]);
      one.report(false);
    }
    expect([one.closedForMs(), one.enter()]).toEqual([15_000, false]);
    now = 15_000;
    expect(one.closedForMs()).toBe(0);
    // The others wait for what the one finds out.
    expect([one.enter(), one.enter(), one.closedForMs()]).toEqual([true, false, 15_000]);
    one.report(false);
    now = 30_000;
    expect(one.enter()).toBe(true);
    one.report(true);
    expect([one.enter(), one.enter(), one.closedForMs()]).toEqual([true, true, 0]);
  });

  test("a success in between begins the count again", () => {
    const one = breaker(() => 0);
    for (const worked of [false, false, false, false, true, false, false, false, false])
      one.report(worked);
    expect(one.enter()).toBe(true);
  });
});

function failing(fault: Fault, times: number) {
  return start({ simulator: { faults: [{ ...fault, times }] } });
}

async function failTimes(running: Awaited<ReturnType<typeof start>>, times: number) {
  for (let i = 0; i < times; i++) {
    await budgetError(running.alice.run(HELLO));
  }
}

describe("a provider's bad hour", () => {
  test("ends sending, for everybody, and nothing is charged or held for what is not sent", async () => {
    const running = await failing({ kind: "overloaded" }, Infinity);
    await failTimes(running, 5);
    const charged = (await running.budget.lines()).length;
    expect(charged).toBe(5);
    const error = await budgetError(running.budget.for({ user: "bob" }).run(HELLO));
    expect(error).toMatchObject({ code: "provider_unreachable", status: 502 });
    expect(Number(error.headers["Retry-After"])).toBeGreaterThan(10);
    expect(callsOf(running.simulator).creates).toBe(5);
    expect(await running.budget.lines()).toHaveLength(5);
    expect(await running.store.holds({ expired: false, limit: 10 })).toEqual([]);
  });

  test("a user without money can't use up the one call that finds out whether it is over", async () => {
    let now = 0;
    const { simulator, store } = await start({
      simulator: { faults: [{ kind: "overloaded", times: 5 }] },
    });
    const budget = createBudget(
      {
        limits: { user: ["$1/day", "6 runs/day"] },
        baseURL: simulator.url,
        apiKey: "sk-test",
        maxRetries: 0,
        wait: "0ms",
        store,
        log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      },
      { monotonic: () => now },
    );
    const broke = budget.under({ user: "mallory" }, [
      budget.policy({ limits: { user: "$0/day" } }),
    ]);
    const rich = budget.for({ user: "bob" });
    for (let i = 0; i < 5; i++) {
      await budgetError(rich.run(HELLO));
    }
    now += 15_001;
    expect((await budgetError(broke.run(HELLO))).status).toBe(402);
    expect((await rich.run(HELLO)).status).toBe("completed");
    await budget.close();
  });

  test("a rate limit is no failure: the provider works", async () => {
    const running = await failing({ kind: "rate_limit" }, 7);
    await failTimes(running, 7);
    expect((await running.alice.run(HELLO)).status).toBe("completed");
  });

  test("a response that was refused for what it says is no failure: one user can't shut out the others", async () => {
    const fail = { code: "invalid_prompt", message: "No." };
    const replies = Array.from({ length: 6 }, () => ({ fail }));
    const running = await start({ simulator: { script: sequence([...replies, { text: "Hi!" }]) } });
    await failTimes(running, 6);
    expect((await running.budget.for({ user: "bob" }).run(HELLO)).text).toBe("Hi!");
  });
});
