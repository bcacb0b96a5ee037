/** Runs over the life of whole processes: killed at every point and resumed, resumed twice at once, cancelled from outside. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBudget } from "@assistants-budget/core";
import {
  type ModelScript,
  callsTools,
  createSimulator,
  loopsOn,
} from "@assistants-budget/simulator";
import { sqlite } from "@assistants-budget/store-sqlite";
import { expect, onTestFinished, test } from "vitest";
import { sumBy } from "./protected-app.ts";
import { type Job, type KillPoint, type Said, appOptions } from "./run-process.ts";

const CHILD = join(import.meta.dirname, "run-process.ts");

function begin(job: Job): { child: ChildProcess; said: Said[]; ended: Promise<unknown> } {
  const { NODE_OPTIONS: _none, ...env } = process.env;
  const child = fork(CHILD, [JSON.stringify(job)], { env, execArgv: ["--no-warnings"] });
  const said: Said[] = [];
  child.on("message", (message: Said) => void said.push(message));
  return { child, said, ended: once(child, "exit") };
}

async function place(script: Parameters<typeof createSimulator>[0]) {
  const folder = mkdtempSync(join(tmpdir(), "assistants-budget-"));
  const simulator = await createSimulator(script);
  onTestFinished(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const job = {
    baseURL: simulator.url,
    path: join(folder, "budget.sqlite"),
    file: join(folder, "tools"),
  };
  return { simulator, job };
}

/** This process, on the same file, perhaps a while later by the store's clock. */
function here(job: Job, laterMs = 0) {
  const store = sqlite({ path: job.path, clock: () => Date.now() + laterMs });
  const budget = createBudget({ ...appOptions(job), store });
  onTestFinished(() => budget.close({ waitMs: 0 }));
  return { store, budget, alice: budget.for({ user: "alice" }) };
}

function startedIn(said: readonly Said[]): string {
  return said.flatMap((one) => ("started" in one ? one.started : []))[0] ?? "";
}

/** Calls that each tool was run for, in order. */
function ranIn(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

const at = (method: KillPoint["method"], nth: number, when: KillPoint["when"]): KillPoint => ({
  method,
  nth,
  when,
});

test.for<[string, KillPoint, number?]>([
  ["during the first stream", at("saveRun", 1, "after")],
  ["before the first step is settled", at("settle", 1, "before")],
  ["after it is settled, before it is saved", at("settle", 1, "after")],
  ["before its calls are saved", at("saveRun", 2, "before")],
  ["after its calls are saved, before its tools", at("saveRun", 2, "after")],
  ["between its tools, the first not written down", at("saveRun", 3, "before"), 1],
  ["between its tools, the first written down", at("saveRun", 3, "after")],
  ["after its tools, the last not written down", at("saveRun", 4, "before")],
  ["after its tools", at("saveRun", 4, "after")],
  ["before the second step", at("reserve", 2, "before")],
  ["while the second step is held", at("reserve", 2, "after"), 0],
  ["during the second stream", at("attach", 2, "after")],
  ["before the second step is settled", at("settle", 2, "before")],
  ["after it is settled, before it is saved (2)", at("settle", 2, "after")],
  ["before the end is saved", at("saveRun", 7, "before")],
])(
  "killed %s: it goes on in another process, and nothing is paid twice",
  { timeout: 30_000 },
  async ([, kill, again = 0]) => {
    const says = callsTools([{ name: "look" }, { name: "pay" }], { name: "look" });
    const script: ModelScript = async (call) => ({ delayMs: 50, ...(await says(call)) });
    const { simulator, job } = await place({ script });
    const { said, ended, child } = begin({ ...job, kill });
    await ended;
    expect([child.signalCode, said.filter((one) => "failed" in one)]).toEqual(["SIGKILL", []]);
    await simulator.idle();

    const { store, budget, alice } = here(job, 120_000);
    const [hold] = await store.holds({ expired: false, limit: 1 });
    const id = startedIn(said) || (hold?.facts.run ?? "");
    const run = await alice.resume(id);
    expect(run).toMatchObject({ id, status: "completed" });
    expect(run.text).toMatch(/^Done: look gave look done; pay gave .*; look gave look done\.$/);

    // No tool ran twice but one whose output nobody could know; a payment never.
    const ran = ranIn(job.file);
    expect(ran.length - new Set(ran).size).toBe(again);
    const paid = ran.filter((one) => one.startsWith("pay"));
    expect(paid.length).toBeLessThanOrEqual(1);
    expect(run.interrupted ?? []).toHaveLength(run.text.includes("may or may not") ? 1 : 0);

    await budget.recover();
    const lines = await budget.lines();
    const held = kill.method === "reserve" && kill.when === "after";
    const reported = lines.filter(({ charge }) => charge.known === "reported");
    // Held and perhaps sent, nobody could say: charged in full, once.
    expect(lines.length - reported.length).toBe(held ? 1 : 0);
    expect(sumBy(reported, ({ charge }) => [charge.responseId ?? "none", charge.nano])).toEqual(
      sumBy(simulator.invoice().lines, ({ responseId, nano }) => [responseId, Number(nano)]),
    );
    expect(simulator.invoice().lines).toHaveLength(3);
    expect(run.cost.nano).toBe(lines.reduce((sum, { charge }) => sum + charge.nano, 0));
    expect(await store.holds({ expired: false, limit: 10 })).toEqual([]);

    simulator.setScript(callsTools());
    expect((await alice.run({ input: "And?", thread: run.thread })).text).toBe("Done.");
  },
);

test("two processes resume one run at the same moment: one goes on, the other is told", async () => {
  const script = callsTools([{ name: "confirm" }, { name: "look" }]);
  const { simulator, job } = await place({ script, latencyMs: 150 });
  const { alice, store } = here(job);
  const { id, stop } = await alice.run({ input: "Go" });
  const toolOutputs = (stop?.calls ?? []).map(({ callId }) => ({ callId, output: "yes" }));
  const resume = { id, toolOutputs, startAt: Date.now() + 2_500 };
  const both = [begin({ ...job, resume }), begin({ ...job, resume })];
  await Promise.all(both.map(({ ended }) => ended));
  const said = both.flatMap((one) => one.said);
  expect(said.filter((one) => "ended" in one)).toEqual([
    { ended: { status: "completed", stop: undefined } },
  ]);
  const failed = said.flatMap((one) => ("failed" in one ? one.failed : []));
  expect(failed).toHaveLength(1);
  expect(["thread_busy", "idempotency_conflict"]).toContain(failed[0]);
  expect(simulator.invoice().lines).toHaveLength(2);
  expect(ranIn(job.file)).toHaveLength(1);
  expect(await store.holds({ expired: false, limit: 10 })).toEqual([]);
}, 30_000);

test("a run is cancelled from another process", async () => {
  const { simulator, job } = await place({ latencyMs: 60, script: loopsOn({ name: "look" }) });
  const { said, ended, child } = begin(job);
  const [first] = await once(child, "message");
  expect(first).toHaveProperty("started");
  const { alice, budget, store } = here(job);
  const id = startedIn(said);
  await alice.runs.cancel(id);
  const before = simulator.invoice().lines.length;
  await ended;
  expect(said.at(-1)).toEqual({ ended: { status: "incomplete", stop: "cancelled" } });
  expect(simulator.invoice().lines.length - before).toBeLessThanOrEqual(1);
  expect((await alice.runs.get(id)).stop?.reason).toBe("cancelled");
  expect(
    sumBy(await budget.lines(), ({ charge }) => [charge.responseId ?? "none", charge.nano]),
  ).toEqual(sumBy(simulator.invoice().lines, ({ responseId, nano }) => [responseId, Number(nano)]));
  expect(await store.holds({ expired: false, limit: 10 })).toEqual([]);
}, 30_000);
