/** The assistant of a small shop for hikers, with the tool that it may call. */
import { type AssistantDefinition, tool } from "@assistants-budget/express";
import { z } from "zod";

interface Order {
  readonly user: string;
  readonly status: string;
  readonly eta: string;
  readonly items: readonly string[];
}

const ORDERS: Readonly<Record<string, Order>> = {
  "A-1042": {
    user: "alice",
    status: "on its way",
    eta: "Thursday",
    items: ["Ridge 32 backpack", "merino socks"],
  },
  "B-2077": { user: "bob", status: "packed", eta: "Friday", items: ["Tarn two-person tent"] },
};

/** Only the signed-in user's own orders: the model's arguments are as little to be trusted as a client's. */
const lookUpOrder = tool({
  name: "lookUpOrder",
  description: "Looks up one of the customer's own orders by its number, such as A-1042.",
  parameters: z.strictObject({ order: z.string() }),
  execute: ({ order }, { user }) => {
    const found = ORDERS[order];
    if (found?.user !== user) return { error: "no order of yours has this number" };
    const { status, eta, items } = found;
    return { order, status, eta, items };
  },
});

export const support: AssistantDefinition & { readonly maxOutputTokens: number } = {
  model: "gpt-6.2-sol",
  instructions:
    "You help the customers of a small shop for hikers. Be friendly and brief. Look orders up before you speak of them.",
  tools: [lookUpOrder],
  maxOutputTokens: 800,
};
