/** Wrong options are refused at construction: with their path, what was found and what is allowed. */
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import {
  type BudgetOptions,
  type PolicyOptions,
  createBudget,
  isBudgetError,
  memory,
} from "../src/index.ts";
import { PLAIN, budgetError, start } from "./running-budget.ts";

const store = memory();

/** The error that making a budget with these options ends in. */
function refused(options: unknown) {
  try {
    createBudget(options as BudgetOptions);
  } catch (error) {
    if (isBudgetError(error)) return error;
    throw error;
  }
  throw new Error("expected to be refused");
}

function circle(): object {
  const one: Record<string, unknown> = {};
  return Object.assign(one, { one });
}

describe("a wrong option", () => {
  test.for<[string, unknown, RegExp]>([
    ["an unknown key", { limit: {} }, /^options: found the unknown key "limit"/],
    ["two unknown keys", { a: 1, b: 2 }, /unknown key "a", "b"/],
    [
      "a limit without a currency",
      { limits: { user: "1/day" } },
      /^limits\.user .*"1\/day".*'\$1\/day'/,
    ],
    [
      "a limit of a wrong period",
      { limits: { user: ["$1", "$1/fortnight"] } },
      /^limits\.user\[1\] .*fortnight.*calendar/,
    ],
    ["a negative limit", { limits: { user: "$-1" } }, /^limits\.user /],
    ["a limit that is a number", { limits: { user: 1 } }, /^limits\.user: found 1; /],
    ["null for a limit", { limits: { user: null } }, /^limits\.user: found null; /],
    [
      "no limits in a list: only 'unlimited' lifts one",
      { limits: { user: [] } },
      /^limits\.user: found \[\]; .*'unlimited'/,
    ],
    [
      "'unlimited' in a list",
      { limits: { user: ["$1/day", "unlimited"] } },
      /^limits\.user\[1\] .*"unlimited"/,
    ],
    [
      "a scope that can't be one",
      { limits: { "My Tenant": "$1" } },
      /^limits: found the key "My Tenant"; a scope is lower-case letters/,
    ],
    ["a scope with a separator", { limits: { "user|usd": "$1" } }, /a scope is lower-case/],
    ["no assistants", { assistants: {} }, /^assistants: found none; name at least one/],
    ["assistants in a list", { assistants: [{ model: PLAIN }] }, /^assistants: found /],
    [
      "an assistant without a model",
      { assistants: { a: {} } },
      /^assistants\.a\.model: found undefined; /,
    ],
    [
      "an unknown key of an assistant",
      { assistants: { a: { model: PLAIN, instruction: "" } } },
      /^assistants\.a: found the unknown key "instruction"/,
    ],
    [
      "a cap of 0",
      { assistants: { a: { model: PLAIN, maxSteps: 0 } } },
      /^assistants\.a\.maxSteps: found 0; .*>0/,
    ],
    [
      "a cap of half a token",
      { assistants: { a: { model: PLAIN, maxPromptTokens: 1.5 } } },
      /^assistants\.a\.maxPromptTokens: found 1\.5; /,
    ],
    [
      "a cap that is not a number",
      { assistants: { a: { model: PLAIN, maxSteps: Number.NaN } } },
      /^assistants\.a\.maxSteps: found /,
    ],
    [
      "a cap that is a BigInt",
      { assistants: { a: { model: PLAIN, maxSteps: 5n } } },
      /^assistants\.a\.maxSteps: found 5n; /,
    ],
    [
      "less output than the provider takes",
      { assistants: { a: { model: PLAIN, maxOutputTokens: 15 } } },
      /^assistants\.a\.maxOutputTokens: found 15; .*16/,
    ],
    [
      "a truncation",
      { assistants: { a: { model: PLAIN, truncation: "summarize" } } },
      /^assistants\.a\.truncation: found "summarize"; .*"auto"/,
    ],
    [
      "lastMessages of 0",
      { assistants: { a: { model: PLAIN, truncation: { lastMessages: 0 } } } },
      /^assistants\.a\.truncation\.lastMessages: found 0; /,
    ],
    [
      "a temperature",
      { assistants: { a: { model: PLAIN, temperature: 3 } } },
      /^assistants\.a\.temperature: found 3; .*2/,
    ],
    [
      "a tier whose price is not sure",
      { assistants: { a: { model: PLAIN, serviceTier: "auto" } } },
      /^assistants\.a\.serviceTier: found "auto"; .*"default".*"flex".*"priority"/,
    ],
    [
      "an effort",
      { assistants: { a: { model: PLAIN, reasoning: { effort: "huge" } } } },
      /^assistants\.a\.reasoning\.effort: found "huge"; .*"high"/,
    ],
    [
      "reasoning in a mode without a ceiling",
      { assistants: { a: { model: PLAIN, reasoning: { effort: "low", mode: "pro" } } } },
      /unknown key "mode"/,
    ],
    ["a time zone", { timeZone: "Mars/Olympus" }, /^timeZone .*"Mars\/Olympus"/],
    ["a duration", { wait: "2 seconds" }, /^wait: found "2 seconds"; .*'2s'/],
    ["a duration without a unit", { idleTimeout: 5 }, /^idleTimeout: found 5; /],
    ["an endless duration", { patience: "Infinitys" }, /^patience: found "Infinitys"; /],
    ["a URL", { baseURL: "localhost" }, /^baseURL: found "localhost"; /],
    ["models", { models: [] }, /^models: found \[\]; /],
    [
      "an assistant outside of the models",
      { models: ["gpt-5"] },
      /^assistants\.default\.model: found "gpt-6-luna"; `models` allows gpt-5\./,
    ],
    ["on5xx", { on5xx: "ignore" }, /^on5xx: found "ignore"; .*"charge".*"release"/],
    ["retries", { maxRetries: -1 }, /^maxRetries: found -1; /],
    [
      "a price in dollars a token",
      { prices: { own: { input: "0.00000015", output: "0.0000006" } } },
      /^prices\["own"\]\.input .*dollars per million/,
    ],
    ["a price that is a number", { prices: { own: { input: 1, output: 2 } } }, /^prices\["own"\] /],
    [
      "an alias of nothing",
      { prices: { own: { aliasOf: "nothing" } } },
      /^prices\["own"\]\.aliasOf .*"nothing"/,
    ],
    ["a store that is none", { store: {} }, /^store: found .*sqlite\(\{ path \}\) or memory\(\)/],
    ["a client of a database instead of a store", { store: circle() }, /^store: found /],
    ["a client that is none", { client: {} }, /^client: found an object; .*OpenAI/],
    ["a log that can't warn", { log: {} }, /^log: found .*info, warn and error/],
    ["nothing to keep it in", {}, /^store: found none; .*sqlite\(\{ path \}\).*memory\(\)/],
    ["a text instead of options", "sk-secret-123", /^options: found a string; /],
    ["null instead of options", null, /^options: found null; /],
  ])("%s", ([, options, message]) => {
    const error = refused(options);
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ code: "invalid_options", status: 500, expose: false });
    expect(error.message.length).toBeLessThan(600);
  });

  test("a model without a price is refused by its name, with the way to give it one", () => {
    const error = refused({ assistants: { a: { model: "my-deployment" } } });
    expect(error).toMatchObject({ code: "model_price_unknown", status: 500 });
    expect(error.message).toMatch(
      /"my-deployment" has no price.*prices: \{ "my-deployment": \{ input/,
    );
  });

  test.for([
    ["apiKey", { apiKey: { key: "sk-secret-1" } }],
    ["a client with a key", { client: { apiKey: "sk-secret-1" } }],
    ["a key that was given as the options", "sk-secret-1"],
    ["a key under an unknown name", { openAiKey: "sk-secret-1" }],
    ["a store's URL", { store: "redis://user:sk-secret-1@host" }],
    ["a store's options", { store: { url: "postgres://me:sk-secret-1@host/db" } }],
    ["a URL with a password in it", { baseURL: "//user:sk-secret-1@host" }],
    ["a client's settings as a log", { log: "sk-secret-1" }],
  ])("secrets are never shown: %s", ([, options]) => {
    const error = refused(options);
    expect(error.message + JSON.stringify(error) + String(error.stack)).not.toContain("sk-secret");
  });
});

describe("what is right", () => {
  test("no options but a store: the defaults hold", async () => {
    const budget = createBudget({ store: memory(), apiKey: "sk-x" });
    const balances = await budget.for({ user: "alice" }).balances();
    expect(balances.map(({ scope, limit, period }) => [scope, limit, period])).toEqual([
      ["user", "1.00", "day"],
    ]);
    await budget.close();
  });

  test("a scope that is `undefined` has its default, and only 'unlimited' lifts one", async () => {
    const limits = { user: undefined, thread: "unlimited", run: "$9" } as never;
    const running = await start({ limits });
    const run = await running.alice.run({ input: "Hi" });
    expect(run.balances.map(({ scope, limit }) => `${scope} ${limit}`).toSorted()).toEqual([
      "run 9.00",
      "user 1.00",
    ]);
  });

  test("durations of every unit, prices of one's own, models, a client", () => {
    const client = new OpenAI({ apiKey: "sk-x" });
    const options: BudgetOptions = {
      store,
      client,
      wait: "1.5s",
      idleTimeout: "2m",
      patience: "250ms",
      prices: { own: { input: "1", output: "2" } },
      models: ["own", "gpt-5"],
      assistants: { a: { model: "own" }, b: { model: "gpt-5" } },
    };
    expect(() => createBudget(options)).not.toThrow();
  });

  test("options are read once: what changes later changes nothing", async () => {
    const limits: { user: string } = { user: "1 run/day" };
    const running = await start({ limits: limits as never });
    limits.user = "99 runs/day";
    await running.alice.run({ input: "Hi" });
    expect((await budgetError(running.alice.run({ input: "Hi" }))).status).toBe(402);
  });
});

async function policyError(options: unknown) {
  const { budget } = await start({ models: ["gpt-6-luna", "gpt-5"] });
  return budgetError(() => budget.policy(options as PolicyOptions));
}

describe("a policy", () => {
  test.for<[string, unknown, RegExp]>([
    ["an unknown key", { limit: "$1" }, /unknown key "limit"/],
    ["an override that is no yes or no", { override: "yes" as never }, /^override: /],
    ["a wrong limit", { limits: { run: "5" } }, /^limits\.run /],
    [
      "a model outside of the app's",
      { model: "gpt-4o" },
      /^model: found "gpt-4o"; `models` allows gpt-6-luna, gpt-5/,
    ],
    ["a route limit without a name", { limits: { route: "$1/day" } }, /^limits\.route: .*`name`/],
    ["a deadline", { deadlineMs: 0 }, /^deadlineMs: found 0; /],
    ["nothing", undefined, /^options: found undefined; /],
  ])("is checked when it is made: %s", async ([, options, message]) => {
    const error = await policyError(options);
    expect(error.code).toBe("invalid_options");
    expect(error.message).toMatch(message);
  });

  test("a model without a price", async () => {
    const { budget } = await start();
    const error = await budgetError(() => budget.policy({ model: "gpt-99" }));
    expect(error.code).toBe("model_price_unknown");
  });

  test("replaces the model; a route's limit counts under its name", async () => {
    const { budget, simulator } = await start();
    const policy = budget.policy({
      name: "research",
      model: "gpt-5",
      limits: { route: "1 run/day" },
    });
    await budget.under({ user: "alice" }, [policy]).run({ input: "Hi" });
    expect(simulator.requests()[0]?.body).toMatchObject({ model: "gpt-5" });
    expect((await budget.lines())[0]?.facts.route).toBe("research");
    const again = budget.under({ user: "bob" }, [policy]).run({ input: "Hi" });
    expect((await budgetError(again)).code).toBe("app_budget_exhausted");
    await budget.for({ user: "bob" }).run({ input: "Hi" });
  });
});

/** The warnings of a budget on the memory store in this environment. */
function warnedIn(env: Record<string, string>): readonly string[] {
  const warnings: string[] = [];
  const keep = (one: string): void => void warnings.push(one);
  const log = { info: keep, warn: keep, error: keep };
  createBudget({ store: memory(), log }, { env });
  return warnings;
}

test("the memory store warns in production, and nowhere else", () => {
  expect(warnedIn({ NODE_ENV: "production" })).toEqual([
    expect.stringMatching(/^assistants-budget: ERR_AB_MEMORY_STORE: /),
  ]);
  expect(warnedIn({ NODE_ENV: "test" })).toEqual([]);
});
