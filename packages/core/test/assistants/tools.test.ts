import { type ScriptedCall, callsTools, loopsOn } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type ToolContext, tool } from "../../src/index.ts";
import { PLAIN, bodiesOf, expectAgreement, start } from "../running-budget.ts";

const lookUpOrder = tool({
  name: "lookUpOrder",
  description: "Looks an order up by its number.",
  parameters: z.object({ order: z.string() }),
  execute: ({ order }) => ({ order, status: "sent" }),
});

const LOOK_UP: ScriptedCall = { name: "lookUpOrder", arguments: { order: "A-1" } };

/** A run in which the model asks for these calls, and then answers with what they gave. */
async function runWith(tools: Parameters<typeof tool>[0][], ...rounds: ScriptedCall[][]) {
  const running = await start({
    assistants: { support: { model: PLAIN, tools: tools.map((one) => tool(one)) } },
    simulator: { script: callsTools(...rounds) },
  });
  const run = await running.alice.run({ input: "Go" });
  const outputs = run.output
    .filter(({ type }) => type === "function_call_output")
    .map((item) => String(item["output"]));
  return { running, run, outputs };
}

const parameters = z.object({ n: z.number() });
const named = (name: string) => ({ name, description: name, parameters });
const call = (name: string, args: ScriptedCall["arguments"] = { n: 1 }): ScriptedCall => ({
  name,
  arguments: args,
});

describe("a tool that the model calls", () => {
  test("is run with its arguments, and its output sent back; each step is charged", async () => {
    const running = await start({
      assistants: { support: { model: PLAIN, tools: [lookUpOrder] } },
      simulator: { script: callsTools(LOOK_UP) },
    });
    const run = await running.alice.run({ input: "Where is A-1?" });
    expect(run.text).toBe('Done: lookUpOrder gave {"order":"A-1","status":"sent"}.');
    expect(run.steps.map(({ toolCalls }) => toolCalls)).toEqual([["lookUpOrder"], []]);
    expect(run.output.map(({ type }) => type)).toEqual([
      "message",
      "function_call",
      "function_call_output",
      "message",
    ]);
    expect(run.usage.totalTokens).toBe(run.usage.promptTokens + run.usage.completionTokens);
    await expectAgreement(running);
    expect(bodiesOf(running.simulator)[0]?.["tools"]).toEqual([
      {
        type: "function",
        name: "lookUpOrder",
        description: "Looks an order up by its number.",
        strict: true,
        parameters: {
          type: "object",
          properties: { order: { type: "string" } },
          required: ["order"],
          additionalProperties: false,
        },
      },
    ]);
  });

  test("several at once run in parallel", async () => {
    const both = Promise.withResolvers<void>();
    let waiting = 0;
    const meet = async ({ n }: { n: number }) => {
      waiting += 1;
      if (waiting === 2) both.resolve();
      await both.promise;
      return n;
    };
    const { outputs, run } = await runWith(
      [
        { ...named("a"), execute: meet as never, timeoutMs: 2_000 },
        { ...named("b"), execute: meet as never, timeoutMs: 2_000 },
      ],
      [call("a", { n: 1 }), call("b", { n: 2 })],
    );
    expect(outputs).toEqual(["1", "2"]);
    expect(run.steps).toHaveLength(2);
  });

  test("learns who and where it is called for", async () => {
    const seen: ToolContext[] = [];
    const execute = (_: unknown, context: ToolContext) => void seen.push(context);
    const { run } = await runWith([{ ...named("look"), execute }], [call("look")]);
    const [context] = seen;
    expect(context).toMatchObject({ user: "alice", thread: run.thread, run: run.id });
    expect(context?.callId).toBe(
      run.output.find(({ type }) => type === "function_call")?.["call_id"],
    );
    expect(context?.signal.aborted).toBe(false);
  });
});

describe("whatever a tool does, the model gets an output and the run goes on", () => {
  test.for<[string, () => unknown, string]>([
    ["a string as it is", () => "plain", "plain"],
    ["nothing", () => undefined, "null"],
    ["a number", () => 7, "7"],
    ["throws", () => Promise.reject(new Error("No such order")), '{"error":"No such order"}'],
    ["throws a text", () => Promise.reject<unknown>("gone"), '{"error":"gone"}'],
    ["throws nothing", () => Promise.reject<unknown>(undefined), '{"error":"The tool failed."}'],
    [
      "throws no error",
      () => Promise.reject<unknown>(Object.create(null)),
      '{"error":"The tool failed."}',
    ],
    [
      "throws a message that is none",
      () => Promise.reject<unknown>({ message: 7n }),
      '{"error":"The tool failed."}',
    ],
    ["a date", () => new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ["a function", () => () => 1, "null"],
  ])("%s", async ([, execute, output]) => {
    const { outputs, running } = await runWith([{ ...named("one"), execute }], [call("one")]);
    expect(outputs).toEqual([output]);
    await expectAgreement(running);
  });

  test.for<[string, () => unknown]>([
    ["a BigInt", () => ({ n: 10n })],
    [
      "a circle",
      () => {
        const circle: Record<string, unknown> = {};
        return Object.assign(circle, { circle });
      },
    ],
    [
      "a trap",
      () => ({
        toJSON: () => {
          throw new Error("no JSON");
        },
      }),
    ],
  ])("%s: told as an error", async ([, execute]) => {
    const { outputs } = await runWith([{ ...named("one"), execute }], [call("one")]);
    expect(outputs[0]).toMatch(/^\{"error":/);
  });

  test("takes too long: its signal aborts and it is left behind", async () => {
    const aborted = Promise.withResolvers<unknown>();
    const execute = (_: unknown, { signal }: ToolContext) => {
      signal.addEventListener("abort", () => aborted.resolve(signal.reason));
      return new Promise(() => undefined);
    };
    const { outputs } = await runWith(
      [
        { ...named("slow"), execute, timeoutMs: 60 },
        { ...named("fast"), execute: () => "ok" },
      ],
      [call("slow"), call("fast")],
    );
    expect(outputs).toEqual(['{"error":"The tool took longer than 60 ms."}', "ok"]);
    await expect(aborted.promise).resolves.toMatchObject({ name: "TimeoutError" });
  });

  test("fails late, when nobody waits for it any more", async () => {
    const late = Promise.withResolvers<never>();
    const { outputs } = await runWith(
      [{ ...named("slow"), execute: () => late.promise, timeoutMs: 30 }],
      [call("slow")],
    );
    late.reject(new Error("late"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(outputs[0]).toContain("took longer");
  });

  test("gives back a book: cut, with a note how much is missing", async () => {
    const { outputs, running } = await runWith(
      [{ ...named("book"), execute: () => "é".repeat(100_000) }],
      [call("book")],
    );
    expect(outputs[0]).toHaveLength(32_000 + " [cut: 68000 characters more]".length);
    await expectAgreement(running);
  });

  test("gives back a book of pictures: no character is cut in half", async () => {
    const { outputs } = await runWith(
      [{ ...named("book"), execute: () => `x${"😀".repeat(20_000)}` }],
      [call("book")],
    );
    expect(outputs[0]?.isWellFormed()).toBe(true);
  });
});

describe("whatever the model asks for", () => {
  test.for<[string, ScriptedCall, string]>([
    ["a tool that isn't there", call("fly"), "There is no tool fly. Tools: one."],
    ["a tool of the prototype", call("__proto__"), "There is no tool __proto__."],
    ["a constructor", call("constructor"), "There is no tool constructor."],
    ["arguments that are no JSON", call("one", "{oops"), "JSON"],
    ["arguments of a wrong type", call("one", { n: "1" }), "expected number"],
    ["no arguments", call("one", ""), "expected number"],
    ["null", call("one", "null"), "expected object"],
  ])("%s: told what is wrong, and nothing is run", async ([, asked, told]) => {
    let ran = 0;
    const execute = () => (ran += 1);
    const { outputs, run } = await runWith([{ ...named("one"), execute }], [asked]);
    expect(outputs[0]).toContain(told);
    expect(ran).toBe(0);
    expect(run.status).toBe("completed");
  });

  test("arguments named like a prototype pollute nothing", async () => {
    const seen: unknown[] = [];
    const loose = z.looseObject({ n: z.number() });
    await runWith(
      [{ ...named("one"), parameters: loose, execute: (args: unknown) => void seen.push(args) }],
      [call("one", '{"n":1,"__proto__":{"admin":true}}')],
    );
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
    expect((seen[0] as Record<string, unknown>)["admin"]).toBeUndefined();
  });

  test("calls for ever: the last step that maxSteps allows is an answer, the thread takes a next turn", async () => {
    let ran = 0;
    const execute = () => (ran += 1);
    const running = await start({
      assistants: {
        support: { model: PLAIN, maxSteps: 3, tools: [tool({ ...named("one"), execute })] },
      },
      simulator: { script: loopsOn(call("one")) },
    });
    const run = await running.alice.run({ input: "Go" });
    expect(run).toMatchObject({ status: "incomplete", stop: { reason: "max_steps" } });
    expect([run.steps.length, ran]).toEqual([3, 2]);
    expect(run.text).toBe("That is all I can say with what I have.");
    const bodies = bodiesOf(running.simulator);
    expect(bodies.map((body) => body["tool_choice"])).toEqual([undefined, undefined, "none"]);
    // Told why, once; it is not kept.
    expect(bodies[2]?.input.at(-1)).toMatchObject({ type: "message", role: "developer" });
    expect(run.output.at(-1)).toMatchObject({ type: "message", role: "assistant" });
    running.simulator.setScript(callsTools());
    expect((await running.alice.run({ input: "And now?", thread: run.thread })).text).toBe("Done.");
    await expectAgreement(running);
  });

  test("a call that the cap cut off is closed or dropped, never run; the thread takes a next turn", async () => {
    const ran: unknown[] = [];
    const long = "word ".repeat(2_000);
    const parameters2 = z.object({ text: z.string() });
    const write = tool({
      name: "write",
      description: "Writes.",
      parameters: parameters2,
      execute: (args) => void ran.push(args),
    });
    const running = await start({
      assistants: { support: { model: PLAIN, maxOutputTokens: 300, tools: [write] } },
      simulator: {
        script: callsTools([call("write", { text: "short" }), call("write", { text: long })]),
      },
    });
    const run = await running.alice.run({ input: "Go" });
    expect(run.stop?.reason).toBe("max_output_tokens");
    expect(ran).toEqual([]);
    expect(run.output.filter(({ type }) => type === "function_call")).toHaveLength(1);
    running.simulator.setScript(callsTools());
    const next = await running.alice.run({ input: "And now?", thread: run.thread });
    expect(next.status).toBe("completed");
    await expectAgreement(running);
  });

  test("one at a time, where the assistant says so", async () => {
    const running = await start({
      assistants: {
        support: {
          model: PLAIN,
          parallelToolCalls: false,
          tools: [tool({ ...named("one"), execute: () => 1 })],
        },
      },
      simulator: { script: callsTools([call("one"), call("one")]) },
    });
    const run = await running.alice.run({ input: "Go" });
    expect(run.steps[0]?.toolCalls).toEqual(["one"]);
    expect(bodiesOf(running.simulator)[0]).toMatchObject({ parallel_tool_calls: false });
  });
});
