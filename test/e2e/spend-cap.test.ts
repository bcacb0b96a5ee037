import { tool } from "@assistants-budget/express";
/**
 * The promise: whatever comes at once, the provider's invoice never exceeds the limit, the ledger is
 * the invoice to the nano-dollar a line, and the cap is not kept by being stingy.
 */
import { callsTools, longOutput } from "@assistants-budget/simulator";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type Protected, books, protectedApp, sumBy } from "./protected-app.ts";

const USD = 1_000_000_000;
const plain = { support: { model: "gpt-4o-mini", maxOutputTokens: 500 } } as const;

/** Line for line, and nothing left held. */
async function expectTheSameBooks(app: Protected) {
  const { lines, invoice, held } = await books(app);
  const ledger = sumBy(lines, ({ charge }) => [charge.responseId ?? "none", charge.nano]);
  const bill = sumBy(invoice.lines, ({ responseId, nano }) => [responseId, Number(nano)]);
  expect(ledger).toEqual(bill);
  expect(lines).toHaveLength(invoice.lines.length);
  expect(new Set(lines.map(({ charge }) => charge.known))).toEqual(new Set(["reported"]));
  expect(held).toBe(0);
  return { lines, total: Number(invoice.total) };
}

function statusesOf(replies: readonly { readonly status: number }[]) {
  return new Set(replies.map(({ status }) => status));
}

test("300 requests of one user at once on $0.01 a day, and then one after the other", async () => {
  const limit = USD / 100;
  // The provider answers when the test says so: what is let in before that, is let in at once.
  const gate = Promise.withResolvers<void>();
  const app = await protectedApp({
    limits: {
      run: "$0.005",
      thread: "$0.008",
      user: ["$0.01/day", "500k tokens/month", "1000 runs/day"],
      app: "$5/day",
    },
    assistants: plain,
    // Whoever is not let in at once is refused: what is left is for the tail.
    wait: "0ms",
    simulator: {
      script: async () => {
        await gate.promise;
        return { outputTokens: 300 };
      },
    },
  });
  let refused = 0;
  const send = async () => {
    const reply = await app.chat("alice");
    if (reply.status === 402) refused += 1;
    return reply;
  };
  const sent = Promise.all(Array.from({ length: 300 }, send));

  // Not stingy: as many as the limit can hold at their largest are let in at once.
  const room = await vi.waitFor(
    async () => {
      const holds = await app.store.holds({ expired: false, limit: 1_000 });
      const held = holds.map(({ ceiling }) => ceiling);
      const floor = Math.floor(limit / Math.max(...held));
      expect(floor).toBeGreaterThan(25);
      expect(held.length).toBeGreaterThanOrEqual(floor);
      expect(held.length + refused).toBe(300);
      expect(held.reduce((sum, nano) => sum + nano, 0)).toBeLessThanOrEqual(limit);
      return { floor, atOnce: held.length };
    },
    { timeout: 20_000, interval: 25 },
  );
  gate.resolve();
  const replies = await sent;
  expect(statusesOf(replies)).toEqual(new Set([200, 402]));
  const burst = await expectTheSameBooks(app);
  expect(burst.total).toBeLessThanOrEqual(limit);
  const answered = replies.filter(({ status }) => status === 200).length;
  expect(answered).toBe(burst.lines.length);

  // The sequential tail: it runs until not even the smallest useful step fits.
  let last = await app.chat("alice");
  let tail = 0;
  while (last.status === 200) {
    tail += 1;
    last = await app.chat("alice");
  }
  expect(tail).toBeGreaterThan(10);
  expect(last).toMatchObject({ status: 402, body: { code: "budget_exceeded" } });
  const { total } = await expectTheSameBooks(app);
  expect(total).toBeLessThanOrEqual(limit);
  const needed = Math.round(Number(last.body.refused_by?.[0]?.needed) * USD);
  expect(limit - total).toBeLessThan(needed);
  // The smallest step: 256 tokens of output, and at most 400 bytes of prompt.
  expect(needed).toBeLessThanOrEqual(256 * 600 + 400 * 150);
  console.info(
    `300 at once: ${answered} answered, ${room.atOnce} of them let in before any had ended (floor ${room.floor}); ` +
      `then ${tail} more; invoice $${total / USD} of $0.01, the rest is under one step ($${needed / USD})`,
  );
});

describe("whichever limit it is that binds", () => {
  const cases = [
    ["user dollars", { user: "$0.004/day" }, 402],
    ["user dollars, any 24 hours", { user: "$0.004/24h" }, 402],
    ["user tokens", { user: ["$1/day", "9k tokens/month"] }, 402],
    ["user runs", { user: ["$1/day", "17 runs/hour"] }, 402],
    ["app dollars", { user: "$1/day", app: "$0.004/day" }, 503],
    ["app tokens", { user: "$1/day", app: "9k tokens" }, 503],
    [
      "all of them",
      {
        user: ["$0.004/day", "$0.1/month", "40k tokens/day", "60 runs/day"],
        app: ["$0.03", "90 runs"],
      },
      402,
    ],
  ] as const;
  test.for(cases)("%s", async ([, limits, status]) => {
    const app = await protectedApp({
      limits,
      assistants: plain,
      wait: "300ms",
      simulator: { latencyMs: 30, script: longOutput(250) },
    });
    const replies = await Promise.all(Array.from({ length: 90 }, () => app.chat("alice")));
    expect(statusesOf(replies)).toEqual(new Set([200, status]));
    const { lines, total } = await expectTheSameBooks(app);
    const tokens = lines.reduce((sum, { charge }) => sum + charge.tokens, 0);
    const most = { usd: 0.004 * USD, tokens: 9_000, runs: 17 };
    const unit = "tokens" in { tokens } && JSON.stringify(limits).includes("9k") ? "tokens" : "usd";
    const spent = JSON.stringify(limits).includes("17 runs")
      ? lines.length
      : unit === "tokens"
        ? tokens
        : total;
    const cap = JSON.stringify(limits).includes("17 runs") ? most.runs : most[unit];
    expect(spent).toBeLessThanOrEqual(cap);
    expect(spent).toBeGreaterThan(cap * 0.7);
  });
});

test("many users, each with a cap of their own, under one that all share", async () => {
  const app = await protectedApp({
    limits: { user: "$0.002/day", app: "$0.012/day" },
    assistants: plain,
    wait: "300ms",
    simulator: { latencyMs: 20, script: longOutput(200) },
  });
  const users = Array.from({ length: 10 }, (_, i) => `user${i}`);
  const replies = await Promise.all(
    users.flatMap((user) => Array.from({ length: 20 }, () => app.chat(user))),
  );
  expect([200, 402, 503]).toEqual(expect.arrayContaining([...statusesOf(replies)]));
  const { lines, total } = await expectTheSameBooks(app);
  expect(total).toBeLessThanOrEqual(0.012 * USD);
  expect(total).toBeGreaterThan(0.012 * USD * 0.9);
  const byUser = sumBy(lines, ({ facts, charge }) => [facts.user, charge.nano]);
  expect(Math.max(...byUser.values())).toBeLessThanOrEqual(0.002 * USD);
});

test("runs with tools: work that was paid for is given back, also where the money ends in the middle", async () => {
  const look = tool({
    name: "look",
    description: "Looks.",
    parameters: z.object({ n: z.number() }),
    execute: ({ n }) => "found it ".repeat(n * 20),
  });
  const app = await protectedApp({
    limits: { user: "$0.004/day" },
    assistants: { support: { ...plain.support, tools: [look] } },
    wait: "100ms",
    simulator: {
      latencyMs: 10,
      script: callsTools(
        [
          { name: "look", arguments: { n: 1 } },
          { name: "look", arguments: { n: 2 } },
        ],
        { name: "look", arguments: { n: 3 } },
      ),
    },
  });
  // Alone it comes to its end; of many at once each may find that the others have spent the money.
  expect((await app.chat("alice")).body.status).toBe("completed");
  const replies = await Promise.all(Array.from({ length: 80 }, () => app.chat("alice")));
  expect(statusesOf(replies)).toEqual(new Set([200, 402]));
  const { total } = await expectTheSameBooks(app);
  expect(total).toBeLessThanOrEqual(0.004 * USD);
  const kinds = replies.filter(({ status }) => status === 200).map(({ body }) => body.status);
  expect(kinds).toContain("incomplete");
  expect(kinds.filter((kind) => kind !== "incomplete" && kind !== "completed")).toEqual([]);
  const cut = replies.filter(({ body }) => body.status === "incomplete");
  expect(cut.map(({ body }) => body["stop"])).toEqual(
    cut.map(() => expect.objectContaining({ reason: "budget" })),
  );
});

test("two processes' worth of budgets on one file share the cap", async () => {
  const limits = { user: "$0.004/day" } as const;
  const setUp = { latencyMs: 20, script: longOutput(200) };
  const one = await protectedApp({ limits, assistants: plain, simulator: setUp, wait: "300ms" });
  const { assistantsBudget, sqlite } = await import("@assistants-budget/express");
  const two = assistantsBudget({
    limits,
    assistants: plain,
    wait: "300ms",
    apiKey: "sk-test",
    baseURL: one.simulator.url,
    store: sqlite({ path: one.path }),
  });
  const other = two.for({ user: "alice" });
  await Promise.all([
    ...Array.from({ length: 40 }, () => one.chat("alice")),
    ...Array.from({ length: 40 }, () => other.run({ input: "Hello" }).catch(() => undefined)),
  ]);
  const { total, lines } = await expectTheSameBooks(one);
  expect(total).toBeLessThanOrEqual(0.004 * USD);
  expect(lines.length).toBeGreaterThan(10);
  await two.close();
});
