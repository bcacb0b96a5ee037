/** Runs that go on after what stopped them. */
import { callsTools } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { tool } from "../../src/index.ts";
import {
  LARGE_LIMITS,
  PLAIN,
  bodiesOf,
  budgetError,
  expectAgreement,
  start,
} from "../running-budget.ts";

const parameters = z.object({});
const CALL = { name: "look", arguments: {} };

describe("a run that was stopped", () => {
  test("by the provider: its steps are not paid again, its tools not run again", async () => {
    let ran = 0;
    const look = tool({ name: "look", description: "", parameters, execute: () => (ran += 1) });
    const running = await start({
      assistants: { support: { model: PLAIN, tools: [look] } },
      simulator: {
        script: callsTools(CALL, CALL),
        faults: [{ kind: "rate_limit", after: 2 }],
      },
    });
    const stopped = await running.alice.run({ input: "Go" });
    expect(stopped.stop?.reason).toBe("provider");
    const run = await running.alice.resume(stopped.id);
    expect(run).toMatchObject({ id: stopped.id, status: "completed" });
    expect(run.text).toBe("Done: look gave 1; look gave 2.");
    expect([ran, run.steps.length]).toEqual([2, 3]);
    expect(run.steps.slice(0, 2)).toEqual(stopped.steps);
    await expectAgreement(running);
    expect((await running.alice.runs.list(run.thread)).map(({ id }) => id)).toEqual([run.id]);
  });

  test("by its caller's signal, or by its deadline: it has time again", async () => {
    const look = tool({
      name: "look",
      description: "",
      parameters,
      execute: () => new Promise((resolve) => setTimeout(() => resolve("ok"), 200)),
    });
    const running = await start({
      assistants: { support: { model: PLAIN, tools: [look] } },
      simulator: { script: callsTools(CALL, CALL) },
    });
    const signal = AbortSignal.timeout(100);
    const aborted = await running.alice.run({ input: "Go", signal });
    expect(aborted.stop?.reason).toBe("aborted");
    expect((await running.alice.resume(aborted.id)).status).toBe("completed");
    const soon = running.budget.under({ user: "alice" }, [
      running.budget.policy({ deadlineMs: 200 }),
    ]);
    const late = await soon.run({ input: "Go" });
    expect(late.stop?.reason).toBe("deadline");
    expect((await running.alice.resume(late.id)).status).toBe("completed");
    await expectAgreement(running);
  });

  test("counts once where runs are limited", async () => {
    const running = await start({
      assistants: {
        support: {
          model: PLAIN,
          maxSteps: 1,
          tools: [tool({ name: "look", description: "", parameters, execute: () => 1 })],
        },
      },
      limits: { ...LARGE_LIMITS, user: "1 run/day" },
    });
    const { id } = await running.alice.run({ input: "Go" });
    expect(
      (await running.alice.resume(id)).balances.find(({ unit }) => unit === "runs"),
    ).toMatchObject({
      spent: 1,
    });
    expect((await budgetError(running.alice.run({ input: "Go" }))).status).toBe(402);
  });

  test("what has been said is sent as it was, old turns before it included", async () => {
    const look = tool({ name: "look", description: "", parameters, execute: () => "ok" });
    const running = await start({
      assistants: { support: { model: PLAIN, tools: [look] } },
      simulator: { script: callsTools(CALL) },
    });
    const { thread } = await running.alice.run({ input: "One" });
    running.simulator.inject({ kind: "rate_limit", after: 1 });
    const { id } = await running.alice.run({ input: "Two", thread });
    const before = bodiesOf(running.simulator).at(-1);
    await running.alice.resume(id);
    expect(bodiesOf(running.simulator).at(-1)?.input).toEqual(before?.input);
    await expectAgreement(running);
  });
});
