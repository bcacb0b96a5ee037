/** A tool without `execute`: the run ends with its call, and goes on with the output, once. */
import { callsTools, createSimulator } from "@assistants-budget/simulator";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createBudget, tool } from "../../src/index.ts";
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

const parameters = z.object({});
const confirm = tool({ name: "confirm", description: "Asks the user.", parameters });
const CONFIRM = { name: "confirm", arguments: { why: "refund" } };

/** An assistant with a tool of its own and one of its client's. */
function withClient(options: Parameters<typeof start>[0] = {}) {
  const ran = { look: 0 };
  const look = tool({
    name: "look",
    description: "Looks.",
    parameters,
    execute: () => `look ${(ran.look += 1)}`,
  });
  const set = {
    assistants: { support: { model: PLAIN, instructions: "Be kind.", tools: [look, confirm] } },
    simulator: { script: callsTools([CONFIRM, { name: "look" }]) },
    ...options,
  };
  return { ran, set };
}

const given = (
  stop: { calls?: readonly { callId: string }[] } | undefined,
  output: unknown = "yes",
) => (stop?.calls ?? []).map(({ callId }) => ({ callId, output }));

describe("a run whose tool is the client's", () => {
  test("ends with the open calls; the others have been run; nothing is held", async () => {
    const { set, ran } = withClient();
    const running = await start(set);
    const run = await running.alice.run({ input: "Refund me", instructions: "Be brief." });
    expect(run).toMatchObject({
      status: "incomplete",
      text: "",
      stop: {
        reason: "requires_action",
        calls: [{ name: "confirm", arguments: '{"why":"refund"}' }],
      },
    });
    expect(ran.look).toBe(1);
    // The thread has no open call: calls and outputs come into it together.
    expect(await running.alice.threads.items(run.thread)).toHaveLength(1);
    expect((await running.alice.runs.get(run.id)).stop).toEqual(run.stop);
    await expectAgreement(running);
  });

  test("goes on in another process with the outputs: under the same id, told the same, paid once", async () => {
    const { set, ran } = withClient();
    const limits = { ...LARGE_LIMITS, user: "1 run/day" } as const;
    const running = await start({ ...set, limits });
    const metadata = { ticket: "7" };
    const first = await running.alice.run({
      input: "Refund me",
      metadata,
      instructions: "Be brief.",
    });
    const other = createBudget({
      assistants: set.assistants,
      limits,
      baseURL: running.simulator.url,
      apiKey: "sk-test",
      store: running.store,
    });
    onTestFinished(() => other.close({ waitMs: 0 }));
    const toolOutputs = given(first.stop, { confirmed: true });
    const run = await other.for({ user: "alice" }).resume(first.id, { toolOutputs });
    expect(run).toMatchObject({
      id: first.id,
      thread: first.thread,
      status: "completed",
      text: 'Done: confirm gave {"confirmed":true}; look gave look 1.',
      metadata,
    });
    expect(run.stop).toBeUndefined();
    expect(ran.look).toBe(1);
    expect(run.steps).toHaveLength(2);
    expect(run.output.map(({ type }) => type)).toEqual([
      "message",
      "function_call",
      "function_call",
      "function_call_output",
      "function_call_output",
      "message",
    ]);
    expect(await running.alice.threads.items(run.thread)).toEqual(run.output);
    expect(bodiesOf(running.simulator).map((body) => body["instructions"])).toEqual([
      "Be brief.",
      "Be brief.",
    ]);
    const { lines } = await expectAgreement(running);
    expect(lines.reduce((sum, { charge }) => sum + charge.nano, 0)).toBe(run.cost.nano);
    const got = await running.alice.runs.get(run.id);
    const { output: _output, balances: _balances, ...summary } = run;
    expect(got).toEqual(summary);
  });

  test("goes on as a stream of events, the first one with its id", async () => {
    const { set } = withClient();
    const running = await start(set);
    const first = await running.alice.run({ input: "Refund me" });
    const stream = running.alice.resumeStream(first.id, { toolOutputs: given(first.stop) });
    const types: string[] = [];
    for await (const { type } of stream) if (type !== "text") types.push(type);
    expect(types).toEqual(["start", "step", "run"]);
  });

  test("goes on once: the second time is a conflict, and costs nothing", async () => {
    const { set } = withClient();
    const running = await start(set);
    const { id, stop } = await running.alice.run({ input: "Refund me" });
    await running.alice.resume(id, { toolOutputs: given(stop) });
    const before = callsOf(running.simulator).creates;
    for (const options of [{ toolOutputs: given(stop) }, {}]) {
      const error = await budgetError(running.alice.resume(id, options));
      expect(error).toMatchObject({ code: "idempotency_conflict", status: 409, retryable: false });
    }
    expect(callsOf(running.simulator).creates).toBe(before);
    await expectAgreement(running);
  });

  test("ten at once: one goes on, the others are told", async () => {
    const { set } = withClient();
    const running = await start({ ...set, simulator: { ...set.simulator, latencyMs: 30 } });
    const { id, stop } = await running.alice.run({ input: "Refund me" });
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, () => running.alice.resume(id, { toolOutputs: given(stop) })),
    );
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const codes = all.flatMap((one) => (one.status === "rejected" ? one.reason.code : []));
    expect(codes).toHaveLength(9);
    expect(["thread_busy", "idempotency_conflict"]).toEqual(expect.arrayContaining(codes));
    expect(callsOf(running.simulator).creates).toBe(2);
    await expectAgreement(running);
  });

  test("its thread has gone on meanwhile: a conflict", async () => {
    const { set } = withClient();
    const running = await start(set);
    const { id, stop, thread } = await running.alice.run({ input: "Refund me" });
    running.simulator.setScript(callsTools());
    expect((await running.alice.run({ input: "Never mind", thread })).text).toBe("Done.");
    const error = await budgetError(running.alice.resume(id, { toolOutputs: given(stop) }));
    expect(error.code).toBe("idempotency_conflict");
    expect(error.message).toContain("gone on");
    await expectAgreement(running);
  });

  test("somebody else's is not found, to the letter like one that isn't there", async () => {
    const { set } = withClient();
    const running = await start(set);
    const { id, stop } = await running.alice.run({ input: "Refund me" });
    const bob = running.budget.for({ user: "bob" });
    const toolOutputs = given(stop);
    const errors = await Promise.all(
      [
        bob.resume(id, { toolOutputs }),
        bob.resume("run_made_up", { toolOutputs }),
        bob.resume("x".repeat(1_000), { toolOutputs }),
        bob.resume(undefined as never),
        bob.runs.cancel(id),
        bob.runs.cancel("run_made_up"),
      ].map(budgetError),
    );
    expect(new Set(errors.map((error) => JSON.stringify(error))).size).toBe(1);
    expect(errors[0]?.code).toBe("run_not_found");
    expect((await running.alice.resume(id, { toolOutputs })).status).toBe("completed");
  });
});

describe("outputs that are not those of the open calls", () => {
  test.for<[string, (id: string) => unknown, string]>([
    ["none", () => undefined, "found no list"],
    ["no list", () => ({ callId: "x" }), "found no list"],
    ["an empty list", () => [], "no output for confirm (call_"],
    ["another call's", () => [{ callId: "call_x", output: "" }], "no output for confirm"],
    [
      "one too many",
      (id) => [
        { callId: id, output: 1 },
        { callId: "zz", output: 1 },
      ],
      '"zz"',
    ],
    [
      "the same twice",
      (id) => [
        { callId: id, output: 1 },
        { callId: id, output: 2 },
      ],
      "more than",
    ],
    ["one that is no JSON", (id) => [{ callId: id, output: 1n }], "JSON"],
    [
      "one of a prototype",
      (id) => [
        { callId: id, output: 1 },
        { callId: "__proto__", output: 1 },
      ],
      "__proto__",
    ],
  ])("%s: refused by name, and the run still waits", async ([, outputs, told]) => {
    const { set } = withClient();
    const running = await start(set);
    const { id, stop } = await running.alice.run({ input: "Refund me" });
    const toolOutputs = outputs(stop?.calls?.[0]?.callId ?? "") as never;
    const error = await budgetError(running.alice.resume(id, { toolOutputs }));
    expect(error).toMatchObject({ code: "invalid_input", status: 400 });
    expect(error.message).toContain(told);
    const run = await running.alice.resume(id, { toolOutputs: given(stop) });
    expect(run.status).toBe("completed");
    await expectAgreement(running);
  });
});

test("the budget is spent when the outputs come: they are kept, and the run goes on later without them", async () => {
  const { set } = withClient();
  const running = await start({ ...set, limits: { ...LARGE_LIMITS, user: "$0.01/day" } });
  const { id, stop } = await running.alice.run({ input: "Refund me" });
  await running.budget.operator.setLimits({ user: "alice" }, ["$0.00000001/day"], {
    by: "test",
    why: "test",
  });
  const poor = await running.alice.resume(id, { toolOutputs: given(stop) });
  expect(poor).toMatchObject({ status: "incomplete", stop: { reason: "budget" } });
  expect((await budgetError(running.alice.resume(id, { toolOutputs: given(stop) }))).code).toBe(
    "idempotency_conflict",
  );
  // Nothing could be done: the refusal itself.
  expect((await budgetError(running.alice.resume(id))).status).toBe(402);
  await running.budget.operator.setLimits({ user: "alice" }, null, { by: "test", why: "test" });
  const run = await running.alice.resume(id);
  expect(run).toMatchObject({ id, status: "completed" });
  expect(run.text).toContain("confirm gave yes");
  await expectAgreement(running);
});

test("a second question in the same run", async () => {
  const simulator = { script: callsTools([CONFIRM], [CONFIRM]) };
  const { set } = withClient({ simulator });
  const running = await start(set);
  const first = await running.alice.run({ input: "Refund me" });
  const second = await running.alice.resume(first.id, { toolOutputs: given(first.stop, "one") });
  expect(second.stop?.reason).toBe("requires_action");
  expect(second.stop?.calls).not.toEqual(first.stop?.calls);
  const third = await running.alice.resume(first.id, { toolOutputs: given(second.stop, "two") });
  expect(third.text).toBe("Done: confirm gave one; confirm gave two.");
  expect((await books(running)).held).toBe(0);
});

test("an ordinary run can't be resumed when it is complete", async () => {
  await using simulator = await createSimulator();
  const running = await start({ baseURL: simulator.url });
  const { id } = await running.alice.run({ input: "Hi" });
  expect((await budgetError(running.alice.resume(id))).message).toContain("has ended");
});
