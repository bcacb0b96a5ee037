/** A process that dies in the middle of a run, at every call of its store in turn; another one goes on. */
import { callsTools, createSimulator } from "@assistants-budget/simulator";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import {
  type BudgetOptions,
  type Run,
  type RunEvent,
  type Store,
  createBudget,
  isBudgetError,
  memory,
  tool,
} from "../../src/index.ts";
import { LARGE_LIMITS, PLAIN, billOf, books, callsOf, start } from "../running-budget.ts";

const parameters = z.object({});
const CALL = { name: "look", arguments: {} };
const never = new Promise<never>(() => undefined);
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A store as a process sees it that dies at its call number `last`: before or after the store has done it. */
function until(inner: Store, last: number, when: "before" | "after") {
  const process = { calls: 0, dead: false, at: "" };
  const store = new Proxy(inner, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        process.calls += 1;
        const dies = process.calls === last;
        if (dies) process.at = String(name);
        if (process.dead || (dies && when === "before")) {
          process.dead = true;
          return never;
        }
        const reply: unknown = await Reflect.apply(method, target, args);
        process.dead ||= dies;
        return process.dead ? never : reply;
      };
    },
  });
  return { store, process };
}

/** What tools did, by the ids of their calls. */
function tools(done: Map<string, number>) {
  const note = (callId: string) => done.set(callId, (done.get(callId) ?? 0) + 1);
  return [
    tool({
      name: "look",
      description: "",
      parameters,
      execute: (_, { callId }) => {
        note(`look ${callId}`);
        return "seen";
      },
    }),
    tool({
      name: "pay",
      description: "",
      parameters,
      sideEffects: true,
      execute: (_, { callId }) => {
        note(`pay ${callId}`);
        return "paid";
      },
    }),
  ];
}

const PAY = { name: "pay", arguments: {} };

/** A run of three steps and three calls in a process that dies, and another process that goes on. */
async function crashAt(last: number, when: "before" | "after", isNew: boolean) {
  let now = Date.parse("2026-11-22T12:00:00Z");
  const inner = memory({ clock: () => now });
  const done = new Map<string, number>();
  const simulator = await createSimulator({ script: callsTools([CALL, PAY], [CALL]) });
  const options: BudgetOptions = {
    assistants: { support: { model: PLAIN, tools: tools(done) } },
    limits: LARGE_LIMITS,
    baseURL: simulator.url,
    apiKey: "sk-test",
    log: quiet,
    patience: "100ms",
  };
  const budget = createBudget({ ...options, store: inner });
  const alice = budget.for({ user: "alice" });
  const thread = isNew ? undefined : (await alice.run({ input: "Before" })).thread;
  const before = callsOf(simulator).creates;
  done.clear();
  const { store, process } = until(inner, last, when);
  // Never closed: it is dead.
  const doomed = createBudget({ ...options, store }).for({ user: "alice" });
  const stream = doomed.stream({ input: "Go", thread });
  const events: RunEvent[] = [];
  const heard = (async () => {
    for await (const event of stream) events.push(event);
  })();
  const died = vi.waitFor(() => expect(process.dead).toBe(true), { timeout: 5_000, interval: 1 });
  const survived = await Promise.race([heard.then(() => true), died.then(() => false)]);
  died.catch(() => undefined);
  // Let it do what it still does without its store.
  await new Promise((resolve) => setTimeout(resolve, 20));
  await simulator.idle();
  const started = events.find((event) => event.type === "start");
  const id = started?.run;
  let early: unknown;
  if (id !== undefined && !survived)
    early = await alice.resume(id).catch((error: unknown) => error);
  now += 120_000;
  const ended: unknown =
    id === undefined ? undefined : await alice.resume(id).catch((error: unknown) => error);
  await budget.recover();
  const found = await books({ simulator, budget, store: inner });
  const next =
    started &&
    (await alice.run({ input: "Next", thread: started.thread }).catch((error: unknown) => error));
  const creates = callsOf(simulator).creates - before;
  await budget.close();
  await simulator.close();
  return { ...found, survived, early, ended, next, done, creates, at: process.at };
}

describe.for(["before", "after"] as const)("a process that dies %s a call of the store", (when) => {
  test.for([true, false])(
    "its run goes on in another one: nothing is paid twice, no payment made twice (new thread: %s)",
    { timeout: 120_000 },
    async (isNew) => {
      const wrong: string[] = [];
      let points = 0;
      let resumed = 0;
      let repeated = 0;
      for (let last = 1; ; last += 1) {
        const found = await crashAt(last, when, isNew);
        const rules = brokenRules(found);
        wrong.push(...rules.map((rule) => `call ${last} (${found.at}): ${rule}`));
        repeated += [...found.done.values()].filter((times) => times > 1).length;
        if (found.survived) break;
        if (!isBudgetError(found.ended) && found.ended !== undefined) resumed += 1;
        points = last;
      }
      expect(wrong).toEqual([]);
      expect(points).toBeGreaterThan(15);
      expect(resumed).toBeGreaterThan(points / 2);
      // Only what was run and could not be written down.
      expect(repeated).toBeLessThanOrEqual(3);
    },
  );
});

function brokenRules(found: Awaited<ReturnType<typeof crashAt>>): readonly string[] {
  const { lines, invoice, held, ended, next, done, creates, survived, early } = found;
  const bill = billOf(lines);
  const owed = new Map(invoice.map(({ responseId, nano }) => [responseId, Number(nano)]));
  const unknown = lines.filter(({ charge }) => charge.responseId === undefined).length;
  const isOver = isBudgetError(ended) && ended.code === "idempotency_conflict";
  const run = ended as Run | undefined;
  const rules = {
    "something stays held": held > 0,
    "a response is charged twice": bill.size < lines.length - Math.max(0, unknown - 1),
    "a reported charge is not what was billed": lines.some(
      ({ charge }) =>
        charge.known === "reported" && charge.nano !== owed.get(charge.responseId ?? ""),
    ),
    "something billed is forgotten":
      [...owed.keys()].filter((id) => !bill.has(id)).length > unknown,
    "a step is paid twice":
      run !== undefined && creates > 3 + unknown + (next ? 1 : 0) + (next as Run).steps.length - 1,
    "a payment is made twice": [...done].some(
      ([call, times]) => call.startsWith("pay") && times > 1,
    ),
    "it did not end in an answer":
      run !== undefined && !isOver && !survived && (run.status !== "completed" || run.text === ""),
    "its cost is not the ledger's":
      run !== undefined &&
      !isOver &&
      run.cost.nano !==
        lines
          .filter(({ facts }) => facts.run === run.id)
          .reduce((sum, { charge }) => sum + charge.nano, 0),
    "it went on while it may have been alive":
      early !== undefined &&
      !(isBudgetError(early) && ["thread_busy", "idempotency_conflict"].includes(early.code)),
    "the thread takes no next turn": next !== undefined && (next as Run).status !== "completed",
  };
  return Object.entries(rules).flatMap(([rule, isBroken]) => (isBroken ? [rule] : []));
}

test("a payment that was cut off is reported, and told to the model", async () => {
  let now = Date.now();
  const store = memory({ clock: () => now });
  const paying = Promise.withResolvers<void>();
  const pay = tool({
    name: "pay",
    description: "",
    parameters,
    sideEffects: true,
    execute: () => {
      paying.resolve();
      return never;
    },
  });
  const look = tool({ name: "look", description: "", parameters, execute: () => "seen" });
  const assistants = { support: { model: PLAIN, tools: [pay, look] } };
  const running = await start({
    assistants,
    store,
    simulator: { script: callsTools([PAY, CALL]) },
  });
  const stream = running.alice.stream({ input: "Go" });
  stream.result.catch(() => undefined);
  await paying.promise;
  const [first] = await (async () => {
    for await (const event of stream) return [event];
    return [];
  })();
  const id = first?.type === "start" ? first.run : "";
  // The look has been written down.
  await vi.waitFor(async () => {
    const record = await store.run({ id, user: "alice" });
    expect(Object.keys(record?.unfinished?.open?.outputs ?? {})).toHaveLength(1);
  });
  now += 120_000;
  const other = createBudget({
    assistants,
    store,
    baseURL: running.simulator.url,
    apiKey: "sk-test",
    log: quiet,
  });
  const again = other.for({ user: "alice" }).resumeStream(id);
  const events: RunEvent[] = [];
  for await (const event of again) if (event.type === "interrupted") events.push(event);
  const run = await again.result;
  const callId = run.output.find((item) => item["name"] === "pay")?.["call_id"];
  expect(events).toEqual([{ type: "interrupted", callId, name: "pay" }]);
  expect(run.interrupted).toEqual([{ callId, name: "pay" }]);
  expect(run.text).toContain("pay gave");
  expect(run.text).toContain("may or may not have happened");
  expect(run.text).toContain("look gave seen");
  expect((await running.alice.runs.get(id)).interrupted).toEqual(run.interrupted);
  await other.close();
});
