/** What operators say, from `budget.operator` to the next run. */
import { longOutput } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import { PLAIN, budgetError, expectAgreement, start } from "./running-budget.ts";

const HELLO = { input: "Hello" } as const;
const ANA = { by: "ana", why: "a test" } as const;
const ALICE = { user: "alice" } as const;

/** One step holds at most $0.0002 and costs about $0.00018. */
async function app(limits: Record<string, string | readonly string[]>) {
  return start({
    limits: { run: "$1", thread: "$1", ...limits } as never,
    assistants: { support: { model: PLAIN, maxOutputTokens: 256 } },
    simulator: { script: longOutput(256) },
  });
}

describe("limits of one subject", () => {
  test("may be higher than the app's, for this subject alone, from the next step on", async () => {
    const running = await app({ user: "$0.0002/day" });
    const { alice, budget } = running;
    await alice.run(HELLO);
    expect((await budgetError(alice.run(HELLO))).code).toBe("budget_exceeded");
    await budget.operator.setLimits(ALICE, "$1/day", ANA);
    await alice.run(HELLO);
    expect((await alice.balances()).find(({ scope }) => scope === "user")?.limit).toBe("1.00");
    const bob = budget.for({ user: "bob" });
    await bob.run(HELLO);
    expect((await budgetError(bob.run(HELLO))).code).toBe("budget_exceeded");
    await expectAgreement(running);
  });

  test("lowered below what is spent refuse, and `spent` stays what it is", async () => {
    const { alice, budget } = await app({ user: "$1/day" });
    await alice.run(HELLO);
    const [before] = await alice.balances();
    await budget.operator.setLimits(ALICE, "$0.0001/day", ANA);
    const error = await budgetError(alice.run(HELLO));
    expect(error.members["refused_by"]).toMatchObject([
      { spent: before?.spent, limit: "0.0001", remaining: "0.00" },
    ]);
    await budget.operator.setLimits(ALICE, null, ANA);
    await alice.run(HELLO);
  });

  test("'unlimited' lifts the scope, and routes still narrow", async () => {
    const { alice, budget } = await app({ user: "$0.0002/day" });
    await budget.operator.setLimits(ALICE, "unlimited", ANA);
    await alice.run(HELLO);
    await alice.run(HELLO);
    const narrow = budget.policy({ limits: { user: "$0.0004/day" } });
    const error = await budgetError(budget.under(ALICE, [narrow]).run(HELLO));
    expect(error.code).toBe("budget_exceeded");
  });

  test("a month that an operator adds beside the app's day knows what was spent before", async () => {
    const { alice, budget } = await app({ user: "$1/day" });
    await alice.run(HELLO);
    await budget.operator.setLimits(ALICE, "$0.0002/month", ANA);
    expect((await budgetError(alice.run(HELLO))).code).toBe("budget_exceeded");
    const periods = (await alice.balances()).filter(({ scope }) => scope === "user");
    expect(periods.map(({ period }) => period)).toEqual(["day", "month"]);
  });

  test("hold for the app and for its own scopes", async () => {
    const { budget } = await app({ user: "$1/day", tenant: "$1/day", app: "$1/day" });
    const alice = budget.for({ user: "alice", tenant: "acme" });
    await budget.operator.setLimits({ tenant: "acme" }, "$0.0001/day", ANA);
    expect((await budgetError(alice.run(HELLO))).code).toBe("app_budget_exhausted");
    await budget.for({ user: "alice", tenant: "other" }).run(HELLO);
    await budget.operator.setLimits({ app: "app" }, "$0.0001/day", ANA);
    const other = budget.for({ user: "alice", tenant: "other" });
    expect((await budgetError(other.run(HELLO))).code).toBe("app_budget_exhausted");
  });
});

describe("freezing", () => {
  test("refuses with 403 until it is lifted, in processes that know and in those that don't", async () => {
    const { alice, budget, store } = await app({ user: "$1/day" });
    await alice.run(HELLO);
    await budget.operator.freeze(ALICE, ANA);
    for (let i = 0; i < 2; i += 1) {
      const error = await budgetError(alice.run(HELLO));
      expect(error).toMatchObject({ code: "subject_frozen", status: 403, retryable: false });
    }
    expect((await budgetError(alice.check())).code).toBe("subject_frozen");
    expect(await store.holds({ expired: false, limit: 10 })).toEqual([]);
    await budget.operator.unfreeze(ALICE, ANA);
    await alice.run(HELLO);
  });

  test("a frozen tenant stops all of its users and nobody else", async () => {
    const { budget } = await app({ user: "$1/day", tenant: "$1/day" });
    await budget.operator.freeze({ tenant: "acme" }, ANA);
    const frozen = budget.for({ user: "alice", tenant: "acme" }).run(HELLO);
    expect((await budgetError(frozen)).code).toBe("subject_frozen");
    await budget.for({ user: "alice", tenant: "other" }).run(HELLO);
  });
});

test("credit raises the present window, in balances and in what fits", async () => {
  const { alice, budget } = await app({ user: "$0.0002/day" });
  await alice.run(HELLO);
  expect((await budgetError(alice.run(HELLO))).code).toBe("budget_exceeded");
  await budget.operator.credit(ALICE, "$0.0002/day", { ...ANA, id: "credit-1" });
  await budget.operator.credit(ALICE, "$0.0002/day", { ...ANA, id: "credit-1" });
  expect((await alice.balances()).find(({ scope }) => scope === "user")?.limit).toBe("0.0004");
  await alice.check();
  await alice.run(HELLO);
  const error = await budgetError(alice.run(HELLO));
  expect(error.members["refused_by"]).toMatchObject([{ limit: "0.0004" }]);
});

test("a correction brings a charge to what it did cost, and says who and why", async () => {
  const { alice, budget } = await app({ user: "$1/day" });
  await alice.run(HELLO);
  const [line] = await budget.lines();
  const told = await budget.operator.correct(line?.hold ?? "", "0.0001", ANA);
  expect(told).toMatchObject({ kind: "adjustment", nano: 100_000 - (line?.charge.nano ?? 0) });
  expect(told.act).toMatchObject(ANA);
  expect((await alice.balances()).find(({ scope }) => scope === "user")?.spent).toBe("0.0001");
  expect(await budget.operator.acts({ user: "alice" })).toEqual([told]);
});

test("a merged user goes on under both ids: money, threads, runs", async () => {
  const running = await app({ user: "$1/day" });
  const { budget } = running;
  const [old, own] = [budget.for({ user: "visitor-7" }), budget.for({ user: "alice" })];
  const first = await old.run(HELLO);
  await own.run(HELLO);
  await budget.operator.merge("visitor-7", "alice", ANA);
  const second = await old.run({ ...HELLO, thread: first.thread });
  await own.run({ ...HELLO, thread: first.thread });
  expect((await own.runs.get(second.id)).thread).toBe(first.thread);
  expect(await budget.lines({ user: "alice" })).toHaveLength(4);
  const lines = await budget.lines();
  expect(lines.at(-2)?.facts.user).toBe("alice");
  const spent = async (who: typeof old) =>
    (await who.balances()).find(({ scope }) => scope === "user")?.spent;
  expect(await spent(old)).toBe(await spent(own));
  await expectAgreement(running);
});

test("a forgotten user's id is nowhere, and the sums stay", async () => {
  const { alice, budget, store } = await app({ user: "$1/day", app: "$1/day" });
  const { thread } = await alice.run(HELLO);
  const before = (await alice.balances()).find(({ scope }) => scope === "app");
  await budget.operator.forget("alice", ANA);
  expect((await budgetError(alice.threads.items(thread))).code).toBe("thread_not_found");
  const after = (await alice.balances()).find(({ scope }) => scope === "app");
  expect(after?.spent).toBe(before?.spent);
  const everything = [
    await store.lines({}),
    await budget.operator.nearest(),
    await budget.operator.acts(),
  ];
  expect(JSON.stringify(everything)).not.toContain("alice");
});

test("forgetting a merged user forgets the ids that were merged into it", async () => {
  const { budget, store } = await app({ user: "$1/day" });
  await budget.for({ user: "visitor-7" }).run(HELLO);
  await budget.operator.merge("visitor-7", "alice", ANA);
  await budget.for({ user: "alice" }).run(HELLO);
  await budget.operator.forget("visitor-7", ANA);
  const everything = [await store.lines({}), await budget.operator.nearest()];
  expect(JSON.stringify(everything)).not.toMatch(/alice|visitor-7/);
  const keys = ["alice", "visitor-7"].map((subject) => ({ scope: "user", subject }));
  expect((await store.settings(keys)).map(({ version }) => version)).toEqual([0, 0]);
});

test("holds are listed with their age and their owner, and the fullest subjects first", async () => {
  const { alice, budget, simulator } = await app({ user: "$0.01/day", app: "$1/day" });
  const bob = budget.for({ user: "bob" });
  await bob.run(HELLO);
  await bob.run(HELLO);
  await alice.run(HELLO);
  simulator.inject({ kind: "silence", afterEvents: 2 });
  const running = alice.run(HELLO).catch(() => undefined);
  await expect.poll(() => budget.operator.holds()).toHaveLength(1);
  const [hold] = await budget.operator.holds();
  expect(hold).toMatchObject({ user: "alice", expired: false, model: PLAIN });
  expect(hold?.owner).toMatch(/^process_/);
  expect(hold?.ageMs).toBeGreaterThanOrEqual(0);
  expect(Number(hold?.usd)).toBeGreaterThan(0);
  const nearest = await budget.operator.nearest({ scope: "user" });
  expect(nearest.map(({ subject }) => subject).toSorted()).toEqual(["alice", "bob"]);
  expect(nearest[0]?.usedPercent).toBeGreaterThanOrEqual(nearest[1]?.usedPercent ?? 0);
  await simulator.close();
  await running;
});

test("an id stands for one act, and a freeze is not merged away", async () => {
  const { budget } = await app({ user: "$1/day" });
  const { operator } = budget;
  const reason = { ...ANA, id: "ticket-4711" };
  const first = await operator.setLimits(ALICE, "$5/day", reason);
  expect(await operator.setLimits(ALICE, "$5/day", reason)).toEqual(first);
  const other = await budgetError(operator.freeze({ user: "mallory" }, reason));
  expect(other.code).toBe("act_refused");
  expect(other.message).toContain("freeze: the id was used for another act (setLimits)");
  expect((await budgetError(operator.setLimits(ALICE, "$6/day", reason))).code).toBe("act_refused");
  await operator.freeze({ user: "visitor-7" }, ANA);
  const merged = await budgetError(operator.merge("visitor-7", "alice", ANA));
  expect(merged.message).toContain("frozen");
  expect(await operator.acts()).toHaveLength(2);
});

describe("what can't be done is refused in words", () => {
  test.for([
    ["no scope", (o: Operator) => o.freeze({}, ANA), "subject: found 0 scopes"],
    ["two scopes", (o: Operator) => o.freeze({ user: "a", app: "app" }, ANA), "found 2 scopes"],
    ["a run", (o: Operator) => o.freeze({ run: "run-1" }, ANA), 'the scope "run"'],
    [
      "a wrong limit",
      (o: Operator) => o.setLimits(ALICE, "$1/fortnight" as never, ANA),
      "fortnight",
    ],
    ["no limits", (o: Operator) => o.setLimits(ALICE, [], ANA), "limits: found none"],
    [
      "another app",
      (o: Operator) => o.freeze({ app: "shop" }, ANA),
      'found another text than "app"',
    ],
    ["a misspelled scope", (o: Operator) => o.freeze({ Userz: "alice" }, ANA), '"Userz"'],
    ["an empty user", (o: Operator) => o.freeze({ user: "" }, ANA), "subject.user: found an empty"],
    ["no word", (o: Operator) => o.freeze(ALICE, undefined as never), "reason: found undefined"],
    ["less than nothing", (o: Operator) => o.nearest({ limit: -1 }), "limit: found -1"],
    [
      "nobody",
      (o: Operator) => o.freeze(ALICE, { by: "", why: "x" }),
      "by: found a text of 0 characters",
    ],
    [
      "no reason",
      (o: Operator) => o.freeze(ALICE, { by: "ana", why: " " }),
      "why: found a text of 1 characters",
    ],
    ["a credit without an end", (o: Operator) => o.credit(ALICE, "$1/24h", ANA), "rolling window"],
    ["no credit", (o: Operator) => o.credit(ALICE, "$0/day", ANA), "more than nothing"],
    ["a wrong amount", (o: Operator) => o.correct("hold-1", "-1", ANA), 'usd is "-1"'],
  ] as const)("%s", async ([, say, message]) => {
    const { budget } = await app({ user: "$1/day" });
    const error = await budgetError(say(budget.operator));
    expect(error.code).toBe("invalid_options");
    expect(error.message).toContain(message);
  });

  test.for([
    ["a hold that nobody knows", (o: Operator) => o.correct("hold-1", "1", ANA), "no such hold"],
    ["a user into itself", (o: Operator) => o.merge("alice", "alice", ANA), "into itself"],
  ] as const)("%s", async ([, say, message]) => {
    const { budget } = await app({ user: "$1/day" });
    const error = await budgetError(say(budget.operator));
    expect(error).toMatchObject({ code: "act_refused", status: 409 });
    expect(error.message).toContain(message);
  });
});

type Operator = Awaited<ReturnType<typeof app>>["budget"]["operator"];
