/** Runs that are handed over, resumed and cancelled between two processes' stores, on each server. */
import { type Store, createBudget, tool } from "@assistants-budget/core";
import { callsTools, createSimulator, loopsOn } from "@assistants-budget/simulator";
import { postgres } from "@assistants-budget/store-postgres";
import { redis } from "@assistants-budget/store-redis";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { testPostgres } from "../servers/postgres.ts";
import { testRedis } from "../servers/redis.ts";

const [redisServer, postgresServer] = await Promise.all([testRedis(), testPostgres()]);
afterAll(() => Promise.all([redisServer.stop(), postgresServer.stop()]));

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const parameters = z.object({});
const tools = [
  tool({ name: "look", description: "Looks.", parameters, execute: () => "seen" }),
  tool({ name: "confirm", description: "Asks.", parameters }),
];

function onRedis(options: { readonly tagBy?: string }): () => Store {
  const prefix = `runs-${crypto.randomUUID()}`;
  return () => {
    const client = new Redis(redisServer.url);
    onTestFinished(() => client.disconnect());
    return redis(client, { prefix, warn: () => undefined, ...options });
  };
}

function onPostgres(): Store {
  const pool = new Pool({ connectionString: postgresServer.url });
  onTestFinished(() => pool.end());
  return postgres(pool);
}

describe.for<[string, () => () => Store]>([
  ["Redis", () => onRedis({})],
  ["Redis with a tag a tenant", () => onRedis({ tagBy: "tenant" })],
  ["Postgres", () => onPostgres],
])("on %s", ([, placeOf]) => {
  async function two(script: Parameters<typeof createSimulator>[0]) {
    const simulator = await createSimulator(script);
    onTestFinished(() => simulator.close());
    const place = placeOf();
    const open = () => {
      const budget = createBudget({
        store: place(),
        baseURL: simulator.url,
        apiKey: "sk-test",
        log: quiet,
        limits: { user: "$10/day", tenant: "$10/day" },
        assistants: { support: { model: "gpt-4o-mini", maxSteps: 100, tools } },
      });
      onTestFinished(() => budget.close());
      return budget.for({ user: `user-${simulator.url}`, tenant: "acme" });
    };
    return { simulator, here: open(), there: open() };
  }

  test("a run is cancelled from another process", async () => {
    const { here, there } = await two({ latencyMs: 20, script: loopsOn({ name: "look" }) });
    const stream = here.stream({ input: "Go" });
    for await (const event of stream)
      if (event.type === "start") {
        await there.runs.cancel(event.run);
        break;
      }
    const run = await stream.result;
    expect(run).toMatchObject({ status: "incomplete", stop: { reason: "cancelled" } });
    expect(run.steps.length).toBeLessThan(20);
    await expect(there.resume(run.id)).rejects.toMatchObject({ code: "idempotency_conflict" });
  });

  test("a run goes on in another process, once", async () => {
    const { simulator, here, there } = await two({
      script: callsTools([{ name: "confirm" }, { name: "look" }]),
    });
    const { id, stop } = await here.run({ input: "Go" });
    const toolOutputs = (stop?.calls ?? []).map(({ callId }) => ({ callId, output: "yes" }));
    const both = await Promise.allSettled(
      [here, there].map((one) => one.resume(id, { toolOutputs })),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await there.runs.get(id)).toMatchObject({
      status: "completed",
      text: "Done: confirm gave yes; look gave seen.",
    });
    expect(simulator.invoice().lines).toHaveLength(2);
  });
});
