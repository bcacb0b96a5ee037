/** A process that dies between any two calls of the store, at every one of them in turn. */
import { callsTools, createSimulator } from "@assistants-budget/simulator";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type Store, createBudget, memory, tool } from "../../src/index.ts";
import { PLAIN, billOf, books } from "../running-budget.ts";

const HELLO = { input: "Hello" } as const;
const never = new Promise<never>(() => undefined);
const look = tool({ name: "look", description: "", parameters: z.object({}), execute: () => "ok" });
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const assistants = { support: { model: PLAIN, tools: [look] } };

/** A store as a process sees it that dies at its call number `last`: before or after the store has done it. */
function until(inner: Store, last: number, when: "before" | "after") {
  const process = { calls: 0, dead: false };
  const store = new Proxy(inner, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        process.calls += 1;
        const dies = process.calls === last;
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

/** Two turns of one conversation, two steps each, in a process that dies; then another one cleans up. */
async function crashAt(last: number, when: "before" | "after") {
  let now = Date.parse("2026-11-22T12:00:00Z");
  const inner = memory({ clock: () => now });
  const { store, process } = until(inner, last, when);
  const simulator = await createSimulator({ script: callsTools({ name: "look" }) });
  const options = { assistants, baseURL: simulator.url, apiKey: "sk-test", log: quiet };
  // Never closed: it is dead.
  const doomed = createBudget({ ...options, store }).for({ user: "alice" });
  const talk = async () => {
    const { thread } = await doomed.run(HELLO);
    await doomed.run({ ...HELLO, thread });
  };
  const talked = talk();
  const died = vi.waitFor(() => expect(process.dead).toBe(true), { timeout: 5_000, interval: 1 });
  const survived = await Promise.race([talked.then(() => true), died.then(() => false)]);
  died.catch(() => undefined);
  await simulator.idle();
  now += 120_000;
  const budget = createBudget({ ...options, store: inner, patience: "100ms" });
  await budget.recover();
  const found = await books({ simulator, budget, store: inner });
  await budget.for({ user: "alice" }).run(HELLO);
  await budget.close();
  await simulator.close();
  return { ...found, survived };
}

describe.for(["before", "after"] as const)("dying %s a call of the store", (when) => {
  test("nothing stays held, nothing billed is forgotten, nothing is charged twice", async () => {
    const wrong: string[] = [];
    let points = 0;
    for (let last = 1; ; last += 1) {
      const found = await crashAt(last, when);
      wrong.push(...brokenRules(found).map((rule) => `call ${last}: ${rule}`));
      if (found.survived) break;
      points = last;
    }
    expect(wrong).toEqual([]);
    expect(points).toBeGreaterThan(20);
  }, 60_000);
});

function brokenRules({
  lines,
  invoice,
  held,
}: Awaited<ReturnType<typeof books>>): readonly string[] {
  const bill = billOf(lines);
  const unknown = lines.find(({ charge }) => charge.responseId === undefined)?.charge.nano ?? -1;
  const owed = new Map(invoice.map(({ responseId, nano }) => [responseId, Number(nano)]));
  const rules = {
    "something stays held": held > 0,
    "a response is charged twice": bill.size < lines.length,
    "something billed is forgotten": [...owed].some(
      ([id, nano]) => (bill.get(id) ?? unknown) < nano,
    ),
    "a reported charge is not what was billed": lines.some(
      ({ charge }) =>
        charge.known === "reported" && charge.nano !== owed.get(charge.responseId ?? ""),
    ),
    "the charges are less than the bill": sum(bill.values()) < sum(owed.values()),
  };
  return Object.entries(rules).flatMap(([rule, isBroken]) => (isBroken ? [rule] : []));
}

function sum(amounts: Iterable<number>): number {
  return [...amounts].reduce((total, one) => total + one, 0);
}
