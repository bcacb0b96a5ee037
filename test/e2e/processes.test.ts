/** What only whole processes show: one that is killed, and one that was told nothing. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createBudget } from "@assistants-budget/core";
import { createSimulator, longOutput } from "@assistants-budget/simulator";
import { sqlite } from "@assistants-budget/store-sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { sumBy } from "./protected-app.ts";

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "assistants-budget-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const script = (name: string) => join(import.meta.dirname, name);
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

test("a process is killed with eight calls under way: another one settles them with what was billed", async () => {
  const path = join(temporary(), "budget.sqlite");
  const simulator = await createSimulator({ latencyMs: 400, script: longOutput(100) });
  onTestFinished(() => simulator.close());
  const doomed = spawn(process.execPath, [script("doomed-process.ts"), simulator.url, path, "8"]);
  await vi.waitFor(() => expect(simulator.requests()).toHaveLength(8), { timeout: 15_000 });
  const observer = sqlite({ path });
  // Killed as soon as it has written down what it heard: the response ids.
  await vi.waitFor(
    async () => {
      const holds = await observer.holds({ expired: false, limit: 100 });
      expect(holds.filter(({ responseId }) => responseId !== undefined)).toHaveLength(8);
    },
    { timeout: 5_000, interval: 5 },
  );
  doomed.kill("SIGKILL");
  await once(doomed, "exit");
  await observer.close();
  await simulator.idle();
  expect(simulator.invoice().lines).toHaveLength(8);

  // A minute later, by the store's clock.
  const store = sqlite({ path, clock: () => Date.now() + 61_000 });
  const budget = createBudget({
    baseURL: simulator.url,
    apiKey: "sk-test",
    store,
    limits: { user: "$0.01/day" },
    assistants: { support: { model: "gpt-4o-mini" } },
    log: quiet,
  });
  const before = await budget.for({ user: "alice" }).balances();
  expect(before[0]).toMatchObject({ spent: "0.00" });
  expect(Number(before[0]?.held)).toBeGreaterThan(0.004);
  expect(await budget.recover()).toEqual({ found: 8, reported: 8, assumed: 0 });
  const lines = await budget.lines();
  expect(sumBy(lines, ({ charge }) => [charge.responseId ?? "none", charge.nano])).toEqual(
    sumBy(simulator.invoice().lines, ({ responseId, nano }) => [responseId, Number(nano)]),
  );
  expect(await store.holds({ expired: false, limit: 100 })).toEqual([]);
  const [after] = await budget.for({ user: "alice" }).balances();
  expect(Number(after?.spent)).toBeCloseTo(Number(simulator.invoice().total) / 1e9, 12);
  expect(after?.held).toBe("0.00");
  await budget.close();
});

test("no options at all: one line at the start says what holds; nothing is opened before it is needed", async () => {
  const cwd = temporary();
  const simulator = await createSimulator();
  onTestFinished(() => simulator.close());
  const env = {
    PATH: process.env["PATH"],
    OPENAI_API_KEY: "sk-test",
    OPENAI_BASE_URL: simulator.url,
  };
  const options = { cwd, env, timeout: 20_000 };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script("default-app.ts")],
    options,
  );
  const [said, json] = stdout.trim().split("\n");
  expect(said).toMatch(
    /^assistants-budget: neither .* given, so: \$0\.25 a run.*gpt-6-luna.*\.data\/assistants-budget\.sqlite/,
  );
  expect(JSON.parse(json ?? "")).toMatchObject({
    hello: { hello: "world" },
    before: false,
    ask: { text: "You said: Hello", model: "gpt-6-luna" },
    after: true,
  });
  expect(existsSync(join(cwd, ".data", "assistants-budget.sqlite"))).toBe(true);
});

test("an app that closes with calls under way forgets none of them", async () => {
  const path = join(temporary(), "budget.sqlite");
  const simulator = await createSimulator({ latencyMs: 150, script: longOutput(50) });
  onTestFinished(() => simulator.close());
  const open = () =>
    createBudget({
      baseURL: simulator.url,
      apiKey: "sk-test",
      store: sqlite({ path }),
      limits: { user: "$1/day" },
      log: quiet,
    });
  const first = open();
  const runs = Array.from({ length: 5 }, () =>
    first.for({ user: "alice" }).run({ input: "Hello" }),
  );
  await vi.waitFor(() => expect(simulator.requests()).toHaveLength(5));
  await first.close();
  const ended = await Promise.allSettled(runs);
  expect(ended.map(({ status }) => status)).toEqual(Array(5).fill("fulfilled"));
  await first.close();
  const second = open();
  expect(
    sumBy(await second.lines(), ({ charge }) => [charge.responseId ?? "none", charge.nano]),
  ).toEqual(sumBy(simulator.invoice().lines, ({ responseId, nano }) => [responseId, Number(nano)]));
  await second.close();
});
