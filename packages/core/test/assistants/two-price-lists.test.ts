/** Core's price table against the simulator's, which was written from the same sources by somebody else. */
import { longOutput } from "@assistants-budget/simulator";
import { describe, expect, test } from "vitest";
import {
  type InvoiceUsage,
  type ModelPrice,
  type ServiceTier,
  chargeNano,
  pricesWith,
} from "../../../simulator/src/pricing.ts";
import { type PriceOverride, type Usage, costOf, priceTable } from "../../src/rules/index.ts";
import { PRICES } from "../../src/rules/price-table.ts";
import { books, budgetError, expectAgreement, start } from "../running-budget.ts";

const AT = Date.parse("2026-11-22T12:00:00Z");
const theirs = pricesWith({});
const ours = priceTable();
const BOTH = [...theirs.keys()].filter((model) => ours.find(model, AT));
const TIERS = ["default", "flex", "priority", "ultrafast"] as const;

/** A usage with some of everything, under and over the border of the long context. */
function usages(price: ModelPrice): readonly InvoiceUsage[] {
  const hasWrites = price.write30m !== undefined;
  return [10_007, 272_000, 272_001, 300_003].map((input) => ({
    input,
    cached: 3_001,
    cacheWrite: hasWrites ? 2_003 : 0,
    cacheWrite12h: hasWrites ? 701 : 0,
    output: 1_009,
    reasoning: 401,
  }));
}

function inOurWords(usage: InvoiceUsage): Usage {
  return {
    promptTokens: usage.input,
    cachedTokens: usage.cached,
    cacheWriteTokens: usage.cacheWrite - usage.cacheWrite12h,
    cacheWrite12hTokens: usage.cacheWrite12h,
    completionTokens: usage.output,
    reasoningTokens: usage.reasoning,
    totalTokens: usage.input + usage.output,
  };
}

/** Both prices of each usage of a model in a tier: ours, theirs. */
function pairs(
  model: string,
  tier: ServiceTier,
  change: { theirs?: Partial<ModelPrice>; ours?: PriceOverride } = {},
): readonly (readonly [number, number])[] {
  const row = (change.theirs ? pricesWith({ [model]: change.theirs }) : theirs).get(model);
  const price = priceTable(change.ours ? { [model]: change.ours } : {}).find(model, AT);
  if (!row || !price) throw new RangeError(`no price for ${model}`);
  return usages(theirs.get(model) ?? row).map((usage) => [
    costOf(inOurWords(usage), price, { tier }),
    Number(chargeNano({ price: row, tier, usage })),
  ]);
}

function more(price: string): string {
  return (Number(price) + 0.01).toFixed(6);
}

const agree = (all: readonly (readonly [number, number])[]) => all.every(([a, b]) => a === b);

test("both lists have the same models, but for one that we do not know", () => {
  const models = new Set(PRICES.map(({ model }) => model));
  expect([...models].filter((model) => !theirs.has(model))).toEqual([]);
  expect([...theirs.keys()].filter((model) => !models.has(model))).toEqual(["o1-pro"]);
  expect(BOTH.length).toBeGreaterThan(30);
});

test("a model that only the provider knows is refused, never guessed", async () => {
  const error = await budgetError(start({ assistants: { a: { model: "o1-pro" } } }));
  expect(error.code).toBe("model_price_unknown");
});

describe.for(BOTH)("%s", (model) => {
  const row = theirs.get(model);
  const tiers = TIERS.filter((tier) => tier === "default" || row?.tiers?.[tier]);

  test("costs the same in both, in every tier, on both sides of the long context", () => {
    for (const tier of tiers) {
      const both = pairs(model, tier);
      expect(both.map(([a]) => a)).toEqual(both.map(([, b]) => b));
    }
  });

  test("has the same tiers in both", () => {
    const known = ours.find(model, AT)?.tiers ?? {};
    expect(TIERS.filter((tier) => tier in known)).toEqual(tiers);
  });

  test("costs another sum as soon as one rate of theirs is another", () => {
    if (!row) throw new RangeError(model);
    const changes: Partial<ModelPrice>[] = [
      { input: more(row.input) },
      { cached: more(row.cached ?? row.input) },
      { output: more(row.output) },
      { long: row.long !== true },
      ...(row.write30m === undefined
        ? []
        : [{ write30m: more(row.write30m) }, { write12h: more(row.write12h ?? row.write30m) }]),
    ];
    const unnoticed = changes.filter((change) =>
      agree(pairs(model, "default", { theirs: change })),
    );
    expect(unnoticed).toEqual([]);
    const unnoticedTiers = tiers.slice(1).filter((tier) => {
      const change = { tiers: { ...row.tiers, [tier]: { times: "0.8" } } };
      return agree(pairs(model, tier, { theirs: change }));
    });
    expect(unnoticedTiers).toEqual([]);
  });

  test("costs another sum as soon as one rate of ours is another", () => {
    if (!row) throw new RangeError(model);
    const same = {
      input: row.input,
      output: row.output,
      cached: row.cached ?? row.input,
      cacheWrite: row.write30m ?? row.input,
      cacheWrite12h: row.write12h ?? row.write30m ?? row.input,
    };
    expect(agree(pairs(model, "default", { ours: same }))).toBe(true);
    const rates = Object.keys(same).filter(
      (name) => row.write30m !== undefined || !name.startsWith("cacheWrite"),
    ) as (keyof typeof same)[];
    const unnoticed = rates.filter((rate) =>
      agree(pairs(model, "default", { ours: { ...same, [rate]: more(same[rate]) } })),
    );
    expect(unnoticed).toEqual([]);
  });
});

/** Two runs in one thread: cache writes, cache reads, fresh input and output are all on the bill. */
async function twoRuns(options: Parameters<typeof start>[0]) {
  const running = await start(options);
  const first = await running.alice.run({ input: "One" });
  await running.alice.run({ input: "Two", thread: first.thread });
  const { lines, invoice } = await books(running);
  const ledger = lines.map(({ charge }) => charge.nano);
  return { running, ledger, bill: invoice.map(({ nano }) => Number(nano)) };
}

const LONG = "You help the customers of a shop that sells lamps. ".repeat(150);

test.for(BOTH)("%s: two runs and their invoice agree", async (model) => {
  const { running } = await twoRuns({
    assistants: { support: { model, instructions: LONG } },
    simulator: { script: longOutput(70) },
  });
  expect((await expectAgreement(running)).lines).toHaveLength(2);
});

describe("through a run, each rate by itself", () => {
  const assistant = { model: "gpt-6-luna", instructions: LONG };
  const cases: readonly (readonly [string, Partial<ModelPrice>, object])[] = [
    ["input", { input: "0.11" }, {}],
    ["cached", { cached: "0.02" }, {}],
    ["cache write", { write30m: "0.135" }, {}],
    ["output", { output: "0.51" }, {}],
    ["flex", { tiers: { flex: { times: "0.6" } } }, { serviceTier: "flex" }],
    ["priority", { tiers: { priority: { times: "2.5" } } }, { serviceTier: "priority" }],
  ];
  test.for(cases)("%s", async ([, change, more_]) => {
    const assistants = { support: { ...assistant, ...more_ } };
    const same = await twoRuns({ assistants });
    expect(same.ledger).toEqual(same.bill);
    const other = await twoRuns({
      assistants,
      simulator: { prices: { "gpt-6-luna": change } },
    });
    expect(other.ledger).not.toEqual(other.bill);
  });

  test("the long context", async () => {
    const running = await start({ assistants: { support: { model: "gpt-6-luna" } } });
    const run = await running.alice.run({ input: "a b ".repeat(140_000) });
    expect(run.usage.promptTokens).toBeGreaterThan(272_000);
    await expectAgreement(running);
    expect(run.cost.nano).toBeGreaterThan(272_000 * 250);
  });

  test("an app's own prices, told to both", async () => {
    const { running } = await twoRuns({
      assistants: { support: { model: "own", instructions: LONG } },
      prices: { own: { input: "3", cached: "0.3", cacheWrite: "4", output: "15" } },
      simulator: {
        prices: { own: { input: "3", cached: "0.3", write30m: "4", output: "15" } },
      },
    });
    expect((await expectAgreement(running)).lines).toHaveLength(2);
  });

  test("a regional endpoint costs a tenth more, on every line", async () => {
    const options = { assistants: { support: assistant } };
    const plain = await twoRuns(options);
    const regional = await twoRuns({ ...options, regional: true });
    expect(regional.ledger).toEqual(plain.ledger.map((nano) => Math.ceil((nano * 11) / 10)));
  });
});
