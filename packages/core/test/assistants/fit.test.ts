/** Money before calls: what fits, what is refused, what the ceilings are worth. */
import { callsTools, fixed, longOutput } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type BudgetError, createBudget, tool } from "../../src/index.ts";
import {
  LARGE_LIMITS,
  PLAIN,
  REASONING,
  bodiesOf,
  budgetError,
  callsOf,
  expectAgreement,
  start,
} from "../running-budget.ts";

const HELLO = { input: "Hello" } as const;
const plain = { assistants: { support: { model: PLAIN } } };

interface RefusedBy {
  readonly scope: string;
  readonly unit: string;
  readonly needed: string | number;
  readonly fits_output_tokens: number;
  readonly limit: string;
  readonly remaining: string;
}

function refusedBy(error: BudgetError): readonly RefusedBy[] {
  return error.members["refused_by"] as readonly RefusedBy[];
}

describe("a step that does not fit whole", () => {
  test("goes out with a smaller cap, sized together with its hold", async () => {
    const running = await start({ ...plain, limits: { run: "$0.001" } });
    await running.alice.run(HELLO);
    const [line] = await running.budget.lines();
    const [body] = bodiesOf(running.simulator);
    expect(body?.max_output_tokens).toBeGreaterThan(256);
    expect(body?.max_output_tokens).toBeLessThan(8_192);
    expect(line?.ceiling).toBeLessThanOrEqual(1_000_000);
    // Not stingy: one token more would not have fitted.
    expect(line?.ceiling).toBeGreaterThan(1_000_000 - 600);
  });

  test.for([
    [PLAIN, 256],
    [REASONING, 2_048],
  ] as const)("never below what is useful: %s gets %i, or nothing", async ([model, least]) => {
    const probe = await start({ assistants: { a: { model } }, limits: { run: "$0.0000001" } });
    const [needed] = refusedBy(await budgetError(probe.alice.run(HELLO)));
    expect(callsOf(probe.simulator).creates).toBe(0);
    const amount = Number(needed?.needed);
    const exact = await start({
      assistants: { a: { model } },
      limits: { run: `$${amount.toFixed(9)}` as "$1" },
    });
    await exact.alice.run(HELLO);
    expect(bodiesOf(exact.simulator)[0]?.max_output_tokens).toBe(least);
    const short = await start({
      assistants: { a: { model } },
      limits: { run: `$${(amount - 1e-9).toFixed(9)}` as "$1" },
    });
    const error = await budgetError(short.alice.run(HELLO));
    expect(error).toMatchObject({ code: "run_exceeds_budget", status: 402, retryable: false });
    expect(refusedBy(error)[0]?.fits_output_tokens).toBe(least - 1);
    expect(error.headers).not.toHaveProperty("Retry-After");
  });

  test("`minOutputTokens` is the app's own least", async () => {
    const running = await start({ ...plain, minOutputTokens: 16, limits: { run: "$0.00015" } });
    await running.alice.run(HELLO);
    expect(bodiesOf(running.simulator)[0]?.max_output_tokens).toBeLessThan(256);
  });
});

describe("a limit that is spent", () => {
  test("refuses before the call, says what would still fit and when it comes back", async () => {
    const running = await start({
      ...plain,
      limits: { user: "$0.0005/day" },
      simulator: { script: longOutput(300) },
    });
    await running.alice.run(HELLO);
    await running.alice.run(HELLO);
    const error = await budgetError(running.alice.run(HELLO));
    expect(error).toMatchObject({ code: "budget_exceeded", status: 402, retryable: false });
    const [window] = refusedBy(error);
    expect(window).toMatchObject({ scope: "user", unit: "usd", limit: "0.0005" });
    expect(Number(window?.needed)).toBeGreaterThan(Number(window?.remaining));
    const midnight = new Date().setUTCHours(24, 0, 0, 0);
    expect(error.members["resets_at"]).toBe(new Date(midnight).toISOString().replace(".000Z", "Z"));
    const seconds = Number(error.headers["Retry-After"]);
    expect(Math.abs(seconds - (midnight - Date.now()) / 1000)).toBeLessThan(3);
    expect(error.message).toMatch(
      /^You have used \$0\.000\d+ of your \$0\.0005 AI budget for today/,
    );
    expect(callsOf(running.simulator).creates).toBe(2);
    await expectAgreement(running);
  });

  test("of $0 allows nothing", async () => {
    const running = await start({ ...plain, limits: { user: "$0" } });
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("run_exceeds_budget");
  });

  test("each window that refuses is named, and only those", async () => {
    const running = await start({
      ...plain,
      limits: {
        ...LARGE_LIMITS,
        user: ["$0.0000001/day", "100 tokens/month", "$100/year", "0 runs/hour"],
      },
    });
    const windows = refusedBy(await budgetError(running.alice.run(HELLO)));
    expect(windows.map(({ scope, unit }) => `${scope} ${unit}`)).toEqual([
      "user usd",
      "user tokens",
      "user runs",
    ]);
  });

  test("is nobody else's: one user's spending leaves the others alone", async () => {
    const running = await start({ ...plain, limits: { user: "1 run/day" } });
    await running.alice.run(HELLO);
    expect((await budgetError(running.alice.run(HELLO))).status).toBe(402);
    expect((await running.budget.for({ user: "bob" }).run(HELLO)).status).toBe("completed");
  });

  test("of everybody is nobody's fault: 503, no amounts, and not among the caller's balances", async () => {
    const running = await start({ ...plain, limits: { ...LARGE_LIMITS, app: "1 run/day" } });
    const run = await running.alice.run(HELLO);
    expect(run.balances.map(({ scope }) => scope)).not.toContain("app");
    const error = await budgetError(running.budget.for({ user: "bob" }).run(HELLO));
    expect(error).toMatchObject({ code: "app_budget_exhausted", status: 503, members: {} });
    expect(Number(error.headers["Retry-After"])).toBeGreaterThan(0);
    expect(error.detail).not.toMatch(/\d/);
  });

  test("own and shared refuse together: the caller's own is what is told", async () => {
    const running = await start({ ...plain, limits: { user: "1 run/day", app: "1 run/day" } });
    await running.alice.run(HELLO);
    const error = await budgetError(running.alice.run(HELLO));
    expect(error.status).toBe(402);
    expect(refusedBy(error).map(({ scope }) => scope)).toEqual(["user"]);
  });

  test("of a tenant counts for all its users; that there is none has to be said", async () => {
    const running = await start({ ...plain, limits: { ...LARGE_LIMITS, tenant: "1 run/day" } });
    const at = (user: string, tenant: string) => running.budget.for({ user, tenant });
    await at("alice", "acme").run(HELLO);
    expect((await budgetError(at("bob", "acme").run(HELLO))).code).toBe("app_budget_exhausted");
    await at("alice", "other").run(HELLO);
    // Left out, the limit would silently not exist.
    const forgotten = await budgetError(() => running.budget.for({ user: "alice" }).run(HELLO));
    expect(forgotten.code).toBe("invalid_options");
    expect(forgotten.message).toContain("limits.tenant");
    const none = running.budget.for({ user: "alice", tenant: null });
    expect((await none.run(HELLO)).status).toBe("completed");
  });
});

describe("limits that count", () => {
  const look = tool({ name: "look", description: "", parameters: z.object({}), execute: () => 1 });

  test("a run once, however many steps and failed attempts it takes", async () => {
    const running = await start({
      assistants: { support: { model: PLAIN, tools: [look] } },
      limits: { ...LARGE_LIMITS, user: "2 runs/day" },
      maxRetries: 2,
      simulator: {
        script: callsTools({ name: "look" }),
        faults: [
          { kind: "rate_limit", retryAfter: 0 },
          { kind: "server_error", after: 1 },
        ],
      },
    });
    const run = await running.alice.run(HELLO);
    expect(run.steps.length).toBeGreaterThan(2);
    expect(run.balances.find(({ unit }) => unit === "runs")).toMatchObject({
      spent: 1,
      remaining: 1,
      held: 0,
    });
    await running.alice.run(HELLO);
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("budget_exceeded");
  });

  test("no run that was refused or that cost nothing", async () => {
    const running = await start({
      ...plain,
      limits: { ...LARGE_LIMITS, user: "1 run/day" },
      simulator: { faults: [{ kind: "rate_limit" }] },
    });
    await budgetError(running.alice.run(HELLO));
    await budgetError(running.alice.run({ input: "" }));
    expect((await running.alice.run(HELLO)).status).toBe("completed");
  });

  test("tokens, input and output together", async () => {
    const running = await start({ ...plain, limits: { ...LARGE_LIMITS, user: "10k tokens/day" } });
    const run = await running.alice.run(HELLO);
    const balance = run.balances.find(({ unit }) => unit === "tokens");
    expect(balance).toMatchObject({ limit: 10_000, spent: run.usage.totalTokens, held: 0 });
  });
});

describe("money that running calls hold", () => {
  test("is waited for, and then there", async () => {
    const running = await start({
      ...plain,
      wait: "5s",
      limits: { user: "$0.0015/day" },
      simulator: { latencyMs: 150 },
    });
    const runs = await Promise.all(Array.from({ length: 6 }, () => running.alice.run(HELLO)));
    expect(runs.map(({ status }) => status)).toEqual(Array(6).fill("completed"));
    await expectAgreement(running);
  });

  test("is said to be in use, where it does not come free in time", async () => {
    const running = await start({
      assistants: { support: { model: PLAIN, maxOutputTokens: 2_000 } },
      wait: "50ms",
      limits: { user: "$0.0013/day" },
      simulator: { latencyMs: 400 },
    });
    const first = running.alice.run(HELLO);
    await new Promise((resolve) => setTimeout(resolve, 40));
    const error = await budgetError(running.alice.run(HELLO));
    expect(error).toMatchObject({ code: "budget_in_flight", status: 402, retryable: true });
    expect(error.headers["Retry-After"]).toBe("2");
    expect(error.headers).not.toHaveProperty("X-Should-Retry");
    await first;
    await running.alice.run(HELLO);
  });
});

describe("a refusal in the middle of a run", () => {
  let looked = 0;
  const look = tool({
    name: "look",
    description: "Looks.",
    parameters: z.object({}),
    execute: () => `look ${(looked += 1)} ${"found a lamp ".repeat(60)}`,
  });

  test("resolves incomplete; the work is kept, and the thread takes a next turn without paying again", async () => {
    looked = 0;
    const options = { assistants: { support: { model: PLAIN, tools: [look] } } };
    const running = await start({
      ...options,
      limits: { ...LARGE_LIMITS, run: "$0.0012" },
      simulator: { script: callsTools(...Array.from({ length: 14 }, () => ({ name: "look" }))) },
    });
    const run = await running.alice.run(HELLO);
    expect(run).toMatchObject({
      status: "incomplete",
      stop: { reason: "budget", problem: { status: 402 } },
    });
    expect(run.steps.length).toBeGreaterThan(0);
    expect(run.cost.nano).toBeLessThanOrEqual(1_200_000);
    expect(looked).toBeGreaterThan(0);
    expect(looked).toBe(run.steps.length - 1);
    expect(run.text).not.toBe("");
    await expectAgreement(running);
    // The same store under larger limits: the conversation goes on where it stood.
    const richer = createBudget({
      ...options,
      limits: LARGE_LIMITS,
      baseURL: running.simulator.url,
      apiKey: "sk-test",
      store: running.store,
    });
    const before = looked;
    running.simulator.setScript(fixed("There you are."));
    const next = await richer.for({ user: "alice" }).run({ input: "Go on", thread: run.thread });
    expect(next.text).toBe("There you are.");
    expect(looked).toBe(before);
    await expectAgreement(running);
  });
});
