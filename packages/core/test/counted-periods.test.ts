/** A limit over a period knows all that was spent in it, whoever counted when. */
import { longOutput } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import {
  type Budget,
  type BudgetOptions,
  type LimitsOption,
  createBudget,
  memory,
} from "../src/index.ts";
import { PLAIN, type Running, budgetError, start } from "./running-budget.ts";

const HELLO = { input: "Hello" } as const;
const ANA = { by: "ana", why: "a test" } as const;
const ALICE = { user: "alice" } as const;

/** Each step costs $0.0001548. */
async function app(limits: LimitsOption, options: BudgetOptions = {}) {
  return start({
    limits: { run: "$1", thread: "$1", ...limits },
    assistants: { support: { model: PLAIN, maxOutputTokens: 256 } },
    simulator: { script: longOutput(256) },
    ...options,
  });
}

/** Another process on the same store, with limits of its own. */
function another({ store, simulator }: Running, limits: LimitsOption): Budget {
  return createBudget({
    store,
    limits: { run: "$1", thread: "$1", ...limits },
    baseURL: simulator.url,
    apiKey: "sk-test",
    wait: "50ms",
    assistants: { support: { model: PLAIN, maxOutputTokens: 256 } },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
}

const codeOf = async (run: Promise<unknown>) => (await budgetError(run)).code;

describe("a period that", () => {
  test("one process of a rolling deploy brings is counted by the others, too", async () => {
    const older = await app({ user: "$1/day" });
    const newer = another(older, { user: ["$1/day", "$0.0005/month"] });
    await older.alice.run(HELLO);
    await newer.for(ALICE).run(HELLO);
    await older.alice.run(HELLO);
    expect(await codeOf(newer.for(ALICE).run(HELLO))).toBe("budget_exceeded");
    const month = (await newer.for(ALICE).balances()).find(({ period }) => period === "month");
    expect(month?.spent).toBe("0.0004644");
    await newer.close();
  });

  test("an operator sets, lifts and sets again has no gap", async () => {
    const { alice, budget } = await app({ user: "$1/day" });
    await budget.operator.setLimits(ALICE, "$0.0004/month", ANA);
    await alice.run(HELLO);
    await budget.operator.setLimits(ALICE, null, ANA);
    await alice.run(HELLO);
    await alice.run(HELLO);
    await budget.operator.setLimits(ALICE, "$0.0004/month", ANA);
    expect(await codeOf(alice.run(HELLO))).toBe("budget_exceeded");
  });

  test("only some calls name counts what the others spend", async () => {
    const { alice } = await app({ user: "$1/day" });
    const narrow = { ...HELLO, limits: { user: "$0.0006/hour" } } as const;
    await alice.run(narrow);
    await alice.run(HELLO);
    await alice.run(HELLO);
    expect(await codeOf(alice.run(narrow))).toBe("budget_exceeded");
  });

  test.for(["user", "app", "tenant"] as const)(
    "comes to the scope %s, which had no limit at all, knows its history",
    async (scope) => {
      const none = { user: "unlimited" } as const;
      const older = await app(none);
      const who = { user: "alice", tenant: "acme" };
      await older.budget.for(who).run(HELLO);
      await older.budget.for(who).run(HELLO);
      const newer = another(older, { ...none, [scope]: "$0.0004/day" });
      const code = scope === "user" ? "budget_exceeded" : "app_budget_exhausted";
      expect(await codeOf(newer.for(who).run(HELLO))).toBe(code);
      await newer.close();
    },
  );
});

test("many processes that begin at once agree on what is counted", async () => {
  const first = await app({ user: "$1/day" });
  const periods = ["minute", "hour", "week", "month", "year"] as const;
  const others = periods.map((period) => another(first, { user: `$1/${period}` }));
  await Promise.all(others.map((other) => other.for(ALICE).run(HELLO)));
  await first.alice.run(HELLO);
  await Promise.all(
    others.map(async (other) => {
      const user = (await other.for(ALICE).balances()).find(({ scope }) => scope === "user");
      expect(user?.spent).toBe("0.0009288");
      await other.close();
    }),
  );
});

test("more periods than anybody needs are refused by name", async () => {
  const { alice } = await app({ user: "$1/day" }, { store: memory() });
  for (let minutes = 1; minutes <= 70; minutes += 1) {
    const limits = { user: `$1/${minutes}m` as const };
    const outcome = await alice.run({ ...HELLO, limits }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (outcome === undefined) continue;
    expect(outcome).toMatchObject({ code: "invalid_options" });
    expect(minutes).toBeGreaterThan(50);
    return;
  }
  throw new Error("nothing was refused");
}, 30_000);
