/** Thresholds over processes that die while they are told: none is lost, and none is told under two ids. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createBudget } from "@assistants-budget/core";
import { createSimulator, longOutput } from "@assistants-budget/simulator";
import { sqlite } from "@assistants-budget/store-sqlite";
import { expect, onTestFinished, test, vi } from "vitest";

interface Heard {
  readonly id: string;
  readonly threshold: number;
}

/** Listens in a process of its own, `ahead` ms later than now. */
function listen(
  path: string,
  ahead: number,
  hangs = false,
): { child: ChildProcess; heard: Heard[]; looked: Promise<void> } {
  const script = join(import.meta.dirname, "listening-process.ts");
  const args = [script, path, String(ahead), hangs ? "hangs" : "no"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const heard: Heard[] = [];
  const { promise: looked, resolve } = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line === "null") resolve();
    else heard.push(JSON.parse(line));
  });
  return { child, heard, looked };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

test("three processes die in the middle of telling; the fourth tells all, by the same ids", async () => {
  const folder = mkdtempSync(join(tmpdir(), "assistants-budget-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "budget.sqlite");
  const simulator = await createSimulator({ script: longOutput(256) });
  onTestFinished(() => simulator.close());
  const budget = createBudget({
    baseURL: simulator.url,
    apiKey: "sk-test",
    store: sqlite({ path }),
    limits: { user: "$0.001/day" },
    thresholds: [0.1, 0.2, 0.3],
    assistants: { support: { model: "gpt-4o-mini", maxOutputTokens: 256 } },
  });
  // Two charges of $0.00015 reach all three parts of $0.001.
  await budget.for({ user: "alice" }).run({ input: "Hello" });
  await budget.for({ user: "alice" }).run({ input: "Hello" });
  await budget.close();

  const all: Heard[] = [];
  for (let life = 0; life < 3; life += 1) {
    const { child, heard } = listen(path, life * 31_000, true);
    await vi.waitFor(() => expect(heard).not.toEqual([]), { timeout: 20_000 });
    await kill(child);
    all.push(...heard);
  }
  const last = listen(path, 3 * 31_000);
  await vi.waitFor(() => expect(last.heard).toHaveLength(3), { timeout: 20_000 });
  await kill(last.child);
  all.push(...last.heard);
  expect(all.length).toBeGreaterThan(3);
  const ids = new Map(all.map(({ id, threshold }) => [id, threshold]));
  expect(new Set(ids.values())).toEqual(new Set([0.1, 0.2, 0.3]));
  expect(ids.size).toBe(3);

  // What was told to its end is not told again, however much later.
  const after = listen(path, 10 * 31_000);
  await after.looked;
  expect(after.heard).toEqual([]);
});
