/** The same with a provider that fails at random: what it billed stands in the ledger, whatever was seen of it. */
import type { Fault, FaultKind } from "@assistants-budget/simulator";
import { longOutput } from "@assistants-budget/simulator";
import { expect, test } from "vitest";
import { books, protectedApp, sumBy } from "./protected-app.ts";

/** Numbers in [0, 1), the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

interface Drawn {
  readonly faults: readonly Fault[];
  /** How often each kind was drawn. */
  readonly counts: Map<FaultKind, number>;
}

/** Each request draws at most one of these, so that it is known what has hit how often. */
function drawn(shares: readonly (readonly [Fault, number])[], random: () => number): Drawn {
  const counts = new Map<FaultKind, number>();
  let chosen = -1;
  const draw = () => {
    let left = random();
    chosen = shares.findIndex(([, share]) => (left -= share) < 0);
    const kind = shares[chosen]?.[0].kind;
    if (kind) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  };
  const faults = shares.map(([fault], i): Fault => ({
    ...fault,
    times: Infinity,
    match: () => {
      if (i === 0) draw();
      return chosen === i;
    },
  }));
  return { faults, counts };
}

/** Faults after which nobody can know what became of the request. */
const HIDING: readonly FaultKind[] = [
  "server_error",
  "overloaded",
  "refuse_connection",
  "cut_before_first_event",
  "missing_usage",
];

const SHARES: readonly (readonly [Fault, number])[] = [
  [{ kind: "rate_limit" }, 0.05],
  [{ kind: "server_error" }, 0.02],
  [{ kind: "server_error", billed: true }, 0.03],
  [{ kind: "overloaded" }, 0.02],
  [{ kind: "refuse_connection" }, 0.02],
  [{ kind: "cut_before_first_event" }, 0.04],
  [{ kind: "cut_after_events", events: 1 }, 0.06],
  [{ kind: "cut_after_events", events: 12 }, 0.06],
  [{ kind: "silence", afterEvents: 3 }, 0.03],
  [{ kind: "end_without_terminal" }, 0.06],
  [{ kind: "malformed_event", afterEvents: 4 }, 0.05],
  [{ kind: "missing_usage", retrieved: true }, 0.04],
];

test.for([1, 2])("seed %i: 200 requests of eight users", async (seed) => {
  const random = seeded(seed * 7_919);
  const { faults, counts } = drawn(SHARES, random);
  const limit = 0.03e9;
  const app = await protectedApp({
    limits: { user: "$0.03/day", app: "$1" },
    assistants: { support: { model: "gpt-6-luna", maxOutputTokens: 4_000 } },
    idleTimeout: "2s",
    patience: "8s",
    wait: "500ms",
    maxRetries: 1,
    simulator: {
      latencyMs: 5,
      script: longOutput(200),
      faults: [
        ...faults,
        { kind: "retrieve_error", times: Infinity, probability: 0.3 },
        { kind: "in_progress_for", ms: 150, times: Infinity, probability: 0.3 },
        { kind: "early_404", ms: 150, times: Infinity, probability: 0.3 },
      ],
    },
  });
  const statuses: number[] = [];
  const work = Array.from({ length: 200 }, (_, i) => `user${i % 8}`);
  const worker = async () => {
    for (let user = work.pop(); user !== undefined; user = work.pop()) {
      statuses.push((await app.chat(user)).status);
    }
  };
  await Promise.all(Array.from({ length: 24 }, worker));

  expect([200, 402, 502, 503, 504]).toEqual(expect.arrayContaining([...new Set(statuses)]));
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(100);
  const { lines, invoice, held } = await books(app);
  expect(held).toBe(0);

  // Each response that the provider has named is charged as it was billed, to the nano-dollar.
  const named = lines.filter(({ charge }) => charge.known === "reported");
  const bill = new Map(invoice.lines.map(({ responseId, nano }) => [responseId, Number(nano)]));
  const wrong = named.filter(({ charge }) => charge.nano !== bill.get(charge.responseId ?? "none"));
  expect(wrong).toEqual([]);
  expect(new Set(named.map(({ charge }) => charge.responseId)).size).toBe(named.length);

  // Whatever else was billed is covered by what was assumed, run by run.
  const ledgerByRun = sumBy(lines, ({ facts, charge }) => [facts.run, charge.nano]);
  const billByRun = sumBy(invoice.lines, ({ metadata, nano }) => [
    metadata["assistants_budget_run"] ?? "none",
    Number(nano),
  ]);
  const uncovered = [...billByRun].filter(([run, nano]) => (ledgerByRun.get(run) ?? 0) < nano);
  expect(uncovered).toEqual([]);

  // Beyond the invoice stand only assumed lines, each with its cause, no more than there were reasons.
  const others = lines.filter(({ charge }) => charge.known !== "reported");
  const hidden = HIDING.reduce((sum, kind) => sum + (counts.get(kind) ?? 0), 0);
  expect(hidden).toBeGreaterThan(10);
  expect(others.length).toBe(hidden);
  for (const { charge, ceiling } of others) {
    expect(charge).toMatchObject({ known: "assumed", nano: ceiling });
    expect(charge.cause).toMatch(/provider failed|connection broke|without usage/);
  }
  const byUser = sumBy(lines, ({ facts, charge }) => [facts.user, charge.nano]);
  expect(Math.max(...byUser.values())).toBeLessThanOrEqual(limit);
  console.info(
    `seed ${seed}: ${lines.length} lines, ${others.length} assumed for ${hidden} hidden outcomes; ` +
      `invoice $${Number(invoice.total) / 1e9}, ledger $${lines.reduce((sum, { charge }) => sum + charge.nano, 0) / 1e9}`,
  );
});
