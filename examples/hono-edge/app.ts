import { assistantsBudget, memory, tool } from "@assistants-budget/hono";
import { Hono } from "hono";
import { z } from "zod";
import { signIn } from "./sign-in.ts";

const lookUpOrder = tool({
  name: "lookUpOrder",
  description: "Looks up an order by its number, such as A-1042.",
  parameters: z.strictObject({ order: z.string() }),
  execute: ({ order }) => ({ order, status: "on its way", eta: "Thursday" }),
});

const budget = assistantsBudget({
  store: memory(), // of one isolate, for a try: redis(client) or postgres(pool) hold for all of them
  limits: { run: "$0.05", user: ["3 runs/day", "$10/month"] },
  assistants: {
    support: {
      model: "gpt-6-luna",
      instructions: "You help the customers of a shop.",
      tools: [lookUpOrder],
    },
  },
});

const app = new Hono()
  .use(signIn) // yours: sets `user`
  .use(budget) // c.var.assistants in all that follows
  .post("/chat", async (c) => {
    const { message, thread } = await c.req.json();
    const run = await c.var.assistants.run({ input: message, thread });
    return c.json({ reply: run.text, thread: run.thread, cost: run.cost.usd });
  })
  .post("/chat/events", async (c) => {
    const { message, thread } = await c.req.json();
    return budget.events(c, c.var.assistants.stream({ input: message, thread }));
  })
  .get("/me/budget", budget.balances());

// oxlint-disable-next-line import/no-default-export -- what workers, Bun and Deno look for
export default app;
