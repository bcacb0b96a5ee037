/** Azure's client: the deployment stands in the address, and the budget knows it all the same. */
import { createSimulator } from "@assistants-budget/simulator";
import { AzureOpenAI } from "openai";
import { AzureOpenAI as AzureOpenAI6 } from "openai-6";
import { describe, expect, onTestFinished, test } from "vitest";
import { type BudgetOptions, createBudget, isBudgetError, memory } from "../../src/index.ts";
import { PLAIN } from "../running-budget.ts";
import { errorOf, say } from "./running-client.ts";

const SDKS: readonly (readonly [string, typeof AzureOpenAI])[] = [
  ["openai 7", AzureOpenAI],
  ["openai 6", AzureOpenAI6 as unknown as typeof AzureOpenAI],
];

describe.each(SDKS)("%s", (_name, SDK) => {
  async function start(more: object = {}, options: BudgetOptions = {}) {
    const simulator = await createSimulator();
    onTestFinished(() => simulator.close());
    const asked: string[] = [];
    const client = new SDK({
      endpoint: "https://shop.example",
      apiKey: "sk-azure",
      apiVersion: "2025-01-01",
      maxRetries: 0,
      ...more,
      fetch: (...[url, init]: Parameters<typeof fetch>) => {
        const { pathname } = new URL(new Request(url).url);
        asked.push(pathname);
        const path = pathname.replace(/^.*\/(?=chat\/|responses|embeddings)/, "/");
        const headers = { authorization: "Bearer any", "content-type": "application/json" };
        return fetch(simulator.url + path, { ...init, headers });
      },
    });
    const budget = createBudget({ ...options, client, store: memory() });
    onTestFinished(() => budget.close());
    return { asked, budget, client: budget.for({ user: "alice" }).client };
  }

  test("chat completions and responses are counted", async () => {
    const { asked, budget, client } = await start();
    await client.chat.completions.create({ model: PLAIN, messages: say("Hi") });
    await client.responses.create({ model: PLAIN, input: "Hi" });
    expect(asked).toEqual([`/openai/deployments/${PLAIN}/chat/completions`, "/openai/responses"]);
    const lines = await budget.lines();
    expect(lines.map(({ charge }) => charge.known)).toEqual(["reported", "reported"]);
  });

  test("a client of one deployment is counted, and what is not known there is refused", async () => {
    const { asked, client } = await start({ deployment: "shop-mini" });
    await client.chat.completions.create({ model: PLAIN, messages: say("Hi") });
    expect(asked).toEqual(["/openai/deployments/shop-mini/chat/completions"]);
    const options = { path: "/images/generations" } as never;
    const call = client.chat.completions.create({ model: PLAIN, messages: say("Hi") }, options);
    expect(isBudgetError(await errorOf(call))).toBe(true);
    expect(asked).toHaveLength(1);
  });

  test.each(["gpt-4.1", "GPT-4.1"])(
    "a deployment that is named like a model, %s, is held as that model, whatever the body says",
    async (deployment) => {
      const { asked, budget, client } = await start({ deployment });
      await client.chat.completions.create({ model: PLAIN, messages: say("Hi") });
      const [line] = await budget.lines();
      expect(line?.facts.model).toBe("gpt-4.1");
      const narrow = await start({ deployment }, { models: ["gpt-6-luna", PLAIN] });
      const call = narrow.client.chat.completions.create({ model: PLAIN, messages: say("Hi") });
      expect(await errorOf(call)).toMatchObject({ code: "invalid_input" });
      expect([...asked, ...narrow.asked]).toHaveLength(1);
    },
  );

  test("a deployment's name in escapes is not let through", async () => {
    const { asked, client } = await start();
    const options = { path: "/deployments/gpt%2D4/chat/completions" } as never;
    const call = client.chat.completions.create({ model: PLAIN, messages: say("Hi") }, options);
    expect(await errorOf(call)).toMatchObject({ code: "call_not_metered" });
    expect(asked).toEqual([]);
  });
});
