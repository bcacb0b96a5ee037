import { assistantsBudget, tool } from "@assistants-budget/express";
import express from "express";
import { z } from "zod";
import { signIn } from "./sign-in.ts";

const lookUpOrder = tool({
  name: "lookUpOrder",
  description: "Looks up an order by its number, such as A-1042.",
  parameters: z.strictObject({ order: z.string() }),
  execute: ({ order }) => ({ order, status: "on its way", eta: "Thursday" }),
});

const budget = assistantsBudget({
  limits: { run: "$0.05", user: ["$1/day", "$10/month"] },
  assistants: {
    support: {
      model: "gpt-6-luna",
      instructions: "You help the customers of a shop.",
      tools: [lookUpOrder],
    },
  },
});

const app = express();
app.use(express.json(), signIn); // yours: puts the signed-in user on req.user
app.use(budget); // req.assistants on every request

app.post("/chat", async (req, res) => {
  const { message, thread } = req.body;
  const run = await req.assistants.run({ input: message, thread });
  res.json({ reply: run.text, thread: run.thread, cost: run.cost.usd });
});
app.get("/me/budget", budget.balances());

app.listen(Number(process.env["PORT"] ?? 3000));
