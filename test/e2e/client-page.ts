/** The app of docs/client.md. */
import { assistantsBudget } from "@assistants-budget/express";
import type { Express } from "express";
import { OpenAI } from "openai";

/** Mounts it before a provider. */
export function answerQuestions(app: Express, settings: { baseURL: string; apiKey: string }): void {
  const client = new OpenAI(settings);
  app.use(assistantsBudget({ client, limits: { user: "$1/day" } }));

  app.post("/ask", async (req, res) => {
    const answer = await req.assistants.client.chat.completions.create({
      model: "gpt-6-luna",
      messages: [{ role: "user", content: req.body.question }],
    });
    res.json({ answer: answer.choices[0]?.message.content });
  });
}
