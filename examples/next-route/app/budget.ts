import { type FetchOptions, assistantsBudget, tool } from "@assistants-budget/fetch";
import { sqlite } from "@assistants-budget/store-sqlite";
import { z } from "zod";
import { auth } from "./auth.ts";

const lookUpOrder = tool({
  name: "lookUpOrder",
  description: "Looks up an order by its number, such as A-1042.",
  parameters: z.strictObject({ order: z.string() }),
  execute: ({ order }) => ({ order, status: "on its way", eta: "Thursday" }),
});

export const options: FetchOptions = {
  name: "shop", // one store for all routes, also after a hot reload
  store: sqlite(), // on a disk of your own; redis(client) or postgres(pool) on a platform without one
  identify: async () => (await auth())?.user?.id,
  limits: { run: "$0.05", user: ["2 runs/day", "$10/month"] },
  assistants: {
    support: {
      model: "gpt-6-luna",
      instructions: "You help the customers of a shop.",
      tools: [lookUpOrder],
    },
  },
};

export const budget = assistantsBudget(options);
