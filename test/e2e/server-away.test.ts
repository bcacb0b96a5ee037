/** The store's real server is stopped under running runs: work is kept, charges come later, nothing is guessed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBudget, isBudgetError, type BudgetOptions } from "@assistants-budget/core";
import { createSimulator, longOutput } from "@assistants-budget/simulator";
import { postgres } from "@assistants-budget/store-postgres";
import { redis } from "@assistants-budget/store-redis";
import { chargesFile } from "@assistants-budget/store-sqlite";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startPostgres } from "../servers/postgres.ts";
import { startRedis } from "../servers/redis.ts";
import { sumBy } from "./protected-app.ts";

const HELLO = { input: "Hello" } as const;
const LONG = { timeout: 60_000, interval: 50 } as const;

/** A client fails instead of waiting for a server that is away: the app decides, not the queue of its client. */
async function withRedis() {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const client = new Redis(server.url, {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => 50,
  });
  client.on("error", () => undefined);
  onTestFinished(() => client.disconnect());
  await vi.waitFor(() => expect(client.status).toBe("ready"), LONG);
  return { server, store: () => redis(client, { warn: () => undefined }) };
}

async function withPostgres() {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const pool = new Pool({ connectionString: server.url, max: 4 });
  pool.on("error", () => undefined);
  onTestFinished(() => pool.end());
  return { server, store: () => postgres(pool) };
}

async function app(open: typeof withRedis | typeof withPostgres, options: BudgetOptions = {}) {
  const { server, store } = await open();
  const simulator = await createSimulator({ latencyMs: 1_000, script: longOutput(50) });
  onTestFinished(() => simulator.close());
  const warned: string[] = [];
  const budget = createBudget({
    baseURL: simulator.url,
    apiKey: "sk-test",
    store: store(),
    limits: { user: "$1/day", app: "$5/day" },
    assistants: { support: { model: "gpt-4o-mini", maxOutputTokens: 50 } },
    log: { info: quiet, warn: (message) => void warned.push(message), error: quiet },
    ...options,
  });
  onTestFinished(() => budget.close({ waitMs: 0 }));
  const agreed = async () => {
    await vi.waitFor(async () => {
      const lines = await budget.lines();
      expect(sumBy(lines, ({ charge }) => [charge.responseId ?? "none", charge.nano])).toEqual(
        sumBy(simulator.invoice().lines, ({ responseId, nano }) => [responseId, Number(nano)]),
      );
      expect(lines.every(({ charge }) => charge.known === "reported")).toBe(true);
      expect(await budget.operator.holds()).toEqual([]);
    }, LONG);
    return budget.lines();
  };
  return { server, simulator, budget, warned, agreed, alice: budget.for({ user: "alice" }) };
}

const quiet = () => undefined;

const STORES = [
  ["Redis", withRedis],
  ["PostgreSQL", withPostgres],
] as const;

test("a charge that waits on a disk outlives its process", async () => {
  const { server, store } = await withPostgres();
  const folder = await mkdtemp(join(tmpdir(), "assistants-budget-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "charges.sqlite");
  const simulator = await createSimulator({ latencyMs: 1_500, script: longOutput(50) });
  onTestFinished(() => simulator.close());
  const script = join(import.meta.dirname, "keeping-process.ts");
  const child = spawn(process.execPath, [script, simulator.url, server.url, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = once(child.stdout, "data");
  await vi.waitFor(() => expect(simulator.requests()).toHaveLength(1), LONG);
  await server.kill();
  expect(String(await said)).toBe("answered\n");
  // The answer is out before the charge is: it is on the disk as soon as the store has not taken it.
  const kept = chargesFile({ path });
  await vi.waitFor(async () => expect(await kept.all()).toHaveLength(1), LONG);
  child.kill("SIGKILL");
  await once(child, "exit");
  await server.start();

  const budget = createBudget({ apiKey: "sk-test", store: store(), keepCharges: kept });
  await budget.ready();
  await vi.waitFor(async () => expect(await budget.lines()).toHaveLength(1), LONG);
  const [line] = await budget.lines();
  expect(line?.charge).toMatchObject({
    known: "reported",
    nano: Number(simulator.invoice().lines[0]?.nano),
  });
  await vi.waitFor(async () => expect(await kept.all()).toEqual([]), LONG);
  expect(await budget.operator.holds()).toEqual([]);
  await budget.close();
}, 120_000);

describe.for(STORES)("%s stopped in the middle of runs", ([, open]) => {
  test("keeps their work, refuses new ones with 503, and has every charge when it is back", async () => {
    const { server, simulator, budget, alice, agreed } = await app(open);
    const first = await alice.run(HELLO);
    const running = Array.from({ length: 5 }, () => alice.run(HELLO));
    const inThread = alice.run({ ...HELLO, thread: first.thread });
    await vi.waitFor(() => expect(simulator.requests()).toHaveLength(7), LONG);
    await server.kill();
    const error: unknown = await alice.run(HELLO).catch((reason: unknown) => reason);
    expect(isBudgetError(error) && [error.code, error.status]).toEqual(["store_unavailable", 503]);
    const runs = await Promise.all([...running, inThread]);
    expect(runs.map(({ status }) => status)).toEqual(Array(6).fill("completed"));
    expect(simulator.requests()).toHaveLength(7);
    await server.start();
    expect(await agreed()).toHaveLength(7);
    // The threads were written as soon as that was possible.
    await vi.waitFor(async () => {
      const items = await Promise.all(runs.map(({ thread }) => alice.threads.items(thread)));
      expect(items.map(({ length }) => length)).toEqual([2, 2, 2, 2, 2, 4]);
    }, LONG);
    expect((await alice.run({ ...HELLO, thread: first.thread })).status).toBe("completed");
    const [user] = await alice.balances();
    expect(user?.held).toBe("0.00");
    expect(Number(user?.spent) * 1e9).toBeCloseTo(
      (await budget.lines()).reduce((sum, { charge }) => sum + charge.nano, 0),
    );
  }, 120_000);

  test("with `onStoreError: 'allow'` new runs go out, and are counted when it is back", async () => {
    const { server, simulator, alice, agreed, warned } = await app(open, { onStoreError: "allow" });
    await alice.run(HELLO);
    await server.kill();
    const runs = await Promise.all(Array.from({ length: 3 }, () => alice.run(HELLO)));
    expect(runs.map(({ status }) => status)).toEqual(Array(3).fill("completed"));
    expect(simulator.requests()).toHaveLength(4);
    expect(warned.join()).toContain("without a hold");
    await server.start();
    const lines = await agreed();
    const causes = lines.map(({ charge }) => charge.cause ?? "held");
    expect(causes.toSorted()).toEqual([
      "held",
      ...Array.from({ length: 3 }, () => "not held: the store was away"),
    ]);
  }, 120_000);
});
