import { describe, expect, test } from "vitest";
import {
  CONTAINER_FEES,
  containerFee,
  FILE_SEARCH_FEE,
  InvalidValue,
  type Price,
  type PriceOverride,
  priceTable,
  tierOf,
  WEB_SEARCH_FEE,
  WEB_SEARCH_PREVIEW_FEE,
} from "../../src/rules/index.ts";
import { ALIASES, PRICES } from "../../src/rules/price-table.ts";

const table = priceTable();
const day = (iso: string): number => Date.parse(iso);

const price = (model: string, at?: string): Price | undefined =>
  table.find(model, at === undefined ? undefined : day(at));
const input = (model: string, at?: string): number | undefined =>
  price(model, at)?.tiers.default.input;

describe("the table", () => {
  test("is dated", () => expect(table.version).toMatch(/^\d{4}-\d{2}-\d{2}$/));

  // Dollars per million tokens: input, cached, 30-minute write, 12-hour write, output.
  test.each([
    ["gpt-6.2-astra", 8, 0.4, 10, 20, 40],
    ["gpt-6.2-sol", 2, 0.1, 2.5, 5, 10],
    ["gpt-6.1-terra", 1, 0.05, 1.25, 2.5, 5],
    ["gpt-6.1-sol", 2, 0.1, 2.5, 5, 10],
    ["gpt-6-sol", 2, 0.2, 2.5, 5, 10],
    ["gpt-6-luna", 0.1, 0.01, 0.125, 0.25, 0.5],
    ["gpt-6-astra", 10, 1, 12.5, 25, 50],
    ["gpt-5.6-terra", 2, 0.2, 2.5, 5, 12],
    ["gpt-5.6-luna", 0.2, 0.02, 0.25, 0.5, 1.2],
    ["gpt-5.6-cyber", 12.5, 1.25, 15.625, 31.25, 75],
    ["gpt-5.5", 5, 0.5, 5, 5, 30],
    ["gpt-5.5-pro", 30, 30, 30, 30, 180],
    ["gpt-5.4", 2.5, 0.25, 2.5, 2.5, 15],
    ["gpt-5.4-mini", 0.75, 0.075, 0.75, 0.75, 4.5],
    ["gpt-5.4-nano", 0.2, 0.02, 0.2, 0.2, 1.25],
    ["gpt-5.4-pro", 30, 30, 30, 30, 180],
    ["gpt-5.3-codex", 1.75, 0.175, 1.75, 1.75, 14],
    ["gpt-5.2", 1.75, 0.175, 1.75, 1.75, 14],
    ["gpt-5.2-pro", 21, 21, 21, 21, 168],
    ["gpt-5.1", 1.25, 0.125, 1.25, 1.25, 10],
    ["gpt-5", 1.25, 0.125, 1.25, 1.25, 10],
    ["gpt-5-mini", 0.25, 0.025, 0.25, 0.25, 2],
    ["gpt-5-nano", 0.05, 0.005, 0.05, 0.05, 0.4],
    ["gpt-5-pro", 15, 15, 15, 15, 120],
    ["gpt-4.1", 2, 0.5, 2, 2, 8],
    ["gpt-4.1-mini", 0.4, 0.1, 0.4, 0.4, 1.6],
    ["gpt-4o", 2.5, 1.25, 2.5, 2.5, 10],
    ["gpt-4o-mini", 0.15, 0.075, 0.15, 0.15, 0.6],
    ["o3", 2, 0.5, 2, 2, 8],
    ["o3-pro", 20, 20, 20, 20, 80],
  ])("%s", (model, ...dollars) => {
    const rates = table.find(model)?.tiers.default;
    expect(rates && Object.values(rates)).toEqual(dollars.map((usd) => Math.round(usd * 1e6)));
  });

  // Dollars per million tokens: input, cached, output.
  test.each([
    ["gpt-6.2-sol", "flex", [1, 0.05, 5]],
    ["gpt-6.2-sol", "priority", [4, 0.2, 20]],
    ["gpt-6.1-sol", "ultrafast", [12, 0.6, 60]],
    ["gpt-6.1-terra", "priority", [2, 0.1, 10]],
    ["gpt-6-luna", "flex", [0.05, 0.005, 0.25]],
    ["gpt-6-luna", "priority", [0.2, 0.02, 1]],
    ["gpt-5.6-terra", "priority", [4, 0.4, 24]],
    ["gpt-5.5", "priority", [12.5, 1.25, 75]],
    ["gpt-5.4", "flex", [1.25, 0.13, 7.5]],
    ["gpt-5-mini", "priority", [0.45, 0.045, 3.6]],
    ["gpt-4.1", "priority", [3.5, 0.875, 14]],
    ["o3", "flex", [1, 0.25, 4]],
  ] as const)("%s on %s", (model, tier, dollars) => {
    const rates = table.find(model)?.tiers[tier];
    expect([rates?.input, rates?.cached, rates?.output]).toEqual(
      dollars.map((usd) => Math.round(usd * 1e6)),
    );
  });

  test("batch prices are no flex prices", () => {
    for (const model of ["gpt-4.1", "gpt-4o", "o3-pro"]) {
      expect(table.find(model)?.tiers.flex).toBeUndefined();
    }
  });

  test("long prompts are repriced from gpt-5.4 on, not on its small models", () => {
    const long = { above: 272_000, input: [2, 1], output: [3, 2] };
    expect(table.find("gpt-5.4")?.longContext).toEqual(long);
    expect(table.find("gpt-6-luna")?.longContext).toEqual(long);
    for (const model of ["gpt-5.3-codex", "gpt-4.1"]) {
      expect(table.find(model)?.longContext).toBeUndefined();
    }
  });

  test("rows are whole, dated in order, and never overlap", () => {
    for (const row of PRICES) {
      for (const rates of Object.values(row.tiers)) {
        for (const rate of Object.values(rates)) {
          expect(Number.isSafeInteger(rate) && rate > 0).toBe(true);
        }
      }
      expect(new Date(row.from).toISOString().slice(0, 10)).toBe(row.from);
      expect(row.source).not.toBe("");
      expect(row.maxOutputTokens).toBeLessThan(row.contextWindow);
    }
    const ends = PRICES.map((row) => row.until && day(row.until) + 86_400_000);
    const nexts = PRICES.map((row, index) => {
      const next = PRICES.slice(index + 1).find((other) => other.model === row.model);
      return next && day(next.from);
    });
    expect(ends).toEqual(nexts);
  });

  test("models that were shut down have no price", () => {
    for (const model of ["gpt-4.1-nano", "o4-mini", "o3-mini", "o1", "gpt-4-turbo", "gpt-4"]) {
      expect(table.find(model)).toBeUndefined();
    }
  });

  test("names are exact or listed, never a prefix", () => {
    expect(table.find("gpt-4o-2024-08-06")?.model).toBe("gpt-4o");
    for (const model of [
      "gpt-4o-2024-05-13",
      "gpt-6",
      "gpt-6-luna-x",
      "GPT-6-luna",
      "",
      "toString",
    ]) {
      expect(table.find(model)).toBeUndefined();
    }
    for (const [alias, model] of Object.entries(ALIASES)) {
      expect(table.find(alias)).toBe(table.find(model));
      expect(alias.startsWith(model)).toBe(true);
    }
  });
});

describe("dated rows", () => {
  test("a promotion holds through its last day", () => {
    expect(input("gpt-5.6-sol", "2026-11-21T23:59:59.999Z")).toBe(4_000_000);
    expect(input("gpt-5.6-sol", "2026-11-22T00:00:00Z")).toBe(5_000_000);
    expect(input("gpt-5.6-sol")).toBe(5_000_000);
  });

  test("ultrafast is three times the price until the end of February 2027, then six", () => {
    const before = price("gpt-6.2-sol", "2027-02-28T23:59:59Z");
    expect(before?.tiers.ultrafast?.input).toBe(6_000_000);
    const after = price("gpt-6.2-sol", "2027-03-01T00:00:00Z");
    expect(after?.tiers.ultrafast?.input).toBe(12_000_000);
  });

  test("a clock before the first row gets the first row", () => {
    expect(input("gpt-5.6-sol", "1970-01-01")).toBe(4_000_000);
    expect(input("gpt-6-luna", "2020-01-01")).toBe(100_000);
  });
});

describe("overrides", () => {
  const own = { input: "$1", output: "2.50" };

  test("replace a model's price and keep what the table knows of its size", () => {
    const found = priceTable({ "gpt-6-luna": own }).find("gpt-6-luna", 0);
    expect(found).toMatchObject({
      model: "gpt-6-luna",
      reasoning: true,
      contextWindow: 1_050_000,
      maxOutputTokens: 128_000,
      longContext: { above: 272_000 },
    });
    expect(found?.tiers).toEqual({
      default: {
        input: 1_000_000,
        cached: 1_000_000,
        cacheWrite: 1_000_000,
        cacheWrite12h: 1_000_000,
        output: 2_500_000,
      },
    });
    expect(table.find("gpt-6-luna")?.tiers.default.input).toBe(100_000);
  });

  test("hold for the snapshots of a name, and a snapshot's own for itself alone", () => {
    const byName = priceTable({ "gpt-4o": own });
    expect(byName.find("gpt-4o-2024-08-06")?.tiers.default.input).toBe(1_000_000);
    const bySnapshot = priceTable({ "gpt-4o-2024-08-06": own });
    expect(bySnapshot.find("gpt-4o-2024-08-06")).toMatchObject({
      model: "gpt-4o-2024-08-06",
      contextWindow: 128_000,
      maxOutputTokens: 16_384,
    });
    expect(bySnapshot.find("gpt-4o")).toBe(table.find("gpt-4o") ?? bySnapshot);
  });

  test("price models that the table does not know", () => {
    const local = priceTable({
      local: {
        input: "0",
        output: "0",
        cached: "0.0001",
        cacheWrite: "3",
        tiers: { priority: { input: "5", output: "6" } },
        reasoning: true,
        contextWindow: 8192,
        maxOutputTokens: 1024,
      },
    }).find("local");
    expect(local).toMatchObject({
      reasoning: true,
      contextWindow: 8192,
      maxOutputTokens: 1024,
      tiers: {
        default: { input: 0, output: 0, cached: 100, cacheWrite: 3e6, cacheWrite12h: 3e6 },
        priority: { input: 5e6, output: 6e6, cached: 5e6 },
      },
    });
    expect(priceTable({ local: own }).find("local")).toMatchObject({
      reasoning: false,
      contextWindow: 128_000,
      maxOutputTokens: 16_384,
    });
  });

  test("name a deployment by the model behind it, through any number of steps", () => {
    const prices = priceTable({
      a: { aliasOf: "b" },
      b: { aliasOf: "gpt-4o-2024-08-06" },
      c: { aliasOf: "d" },
      d: own,
      "gpt-6-sol": { aliasOf: "gpt-6-luna" },
    });
    expect(prices.find("a")?.model).toBe("gpt-4o");
    expect(prices.find("c")?.model).toBe("d");
    expect(prices.find("gpt-6-sol")?.model).toBe("gpt-6-luna");
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ["no known model", { x: { aliasOf: "gpt-nope" } }, /^prices\["x"\]\.aliasOf is "gpt-nope"/],
    ["a cycle", { x: { aliasOf: "y" }, y: { aliasOf: "x" } }, /^prices\["x"\]\.aliasOf is "y"/],
    ["a price per token", { x: { input: "0.000002", output: "1" } }, /^prices\["x"\]\.input is/],
    ["a price in other units", { x: { input: "1", output: "10001" } }, /^prices\["x"\]\.output/],
    ["too many decimals", { x: { input: "1.0000001", output: "1" } }, /at most six decimals/],
    ["no number", { x: { input: "free", output: "1" } }, /dollars per million tokens/],
    ["a number", { x: { input: 1, output: 1 } }, /^prices\["x"\] is .* aliasOf/],
    ["no output", { x: { input: "1" } }, /^prices\["x"\] is/],
    ["a wrong key", { x: { ...own, cachd: "1" } }, /^prices\["x"\] is/],
    ["both forms", { x: { ...own, aliasOf: "gpt-6-luna" } }, /^prices\["x"\] is/],
    ["an empty window", { x: { ...own, contextWindow: 0 } }, /^prices\["x"\] is/],
    ["a wrong tier", { x: { ...own, tiers: { fast: own } } }, /^prices\["x"\] is/],
    [
      "a wrong price of a tier",
      { x: { ...own, tiers: { flex: { input: "x", output: "1" } } } },
      /^prices\["x"\]\.tiers\.flex\.input is "x"/,
    ],
  ])("refuse %s", (_name, overrides, message) => {
    const make = (): unknown => priceTable(overrides as Record<string, PriceOverride>);
    expect(make).toThrow(InvalidValue);
    expect(make).toThrow(message);
  });

  test("make the version their own, whatever their order", () => {
    const one = priceTable({ a: own, b: { input: "3", output: "4" } }).version;
    const same = priceTable({ b: { output: "4", input: "3" }, a: own }).version;
    const other = priceTable({ a: own, b: { input: "3", output: "5" } }).version;
    expect(one).toMatch(/^\d{4}-\d{2}-\d{2}\+[0-9a-f]{8}$/);
    expect(same).toBe(one);
    expect(other).not.toBe(one);
    expect(priceTable({}).version).toBe(table.version);
  });
});

test.each([
  [undefined, "default"],
  [null, "default"],
  ["default", "default"],
  ["standard", "default"],
  ["scale", "default"],
  ["flex", "flex"],
  ["fast", "priority"],
  ["priority", "priority"],
  ["ultrafast", "ultrafast"],
  ["auto", undefined],
  ["toString", undefined],
  ["", undefined],
])("tierOf %j", (text, tier) => expect(tierOf(text)).toBe(tier));

test("tool fees", () => {
  expect(WEB_SEARCH_FEE.nano * 1000).toBe(10e9);
  expect(WEB_SEARCH_PREVIEW_FEE.nano * 1000).toBe(25e9);
  expect(FILE_SEARCH_FEE.nano * 1000).toBe(2.5e9);
  expect(Object.values(CONTAINER_FEES).map((fee) => fee.nano * 20)).toEqual([
    0.03e9, 0.12e9, 0.48e9, 1.92e9,
  ]);
  expect(containerFee("1g", 0)).toBe(7_500_000);
  expect(containerFee("1g", 5)).toBe(7_500_000);
  expect(containerFee("1g", 5.1)).toBe(9_000_000);
  expect(containerFee("64g", 20)).toBe(1.92e9);
});
