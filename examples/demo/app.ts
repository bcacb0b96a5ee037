/** The demo's app: an ordinary Express app whose assistant stands under a hard daily budget. */
import {
  type ExpressBudget,
  type ExpressOptions,
  assistantsBudget,
} from "@assistants-budget/express";
import express, { type Express } from "express";
import { chatPage } from "./chat-page.ts";
import { session, signIn, signedIn } from "./sign-in.ts";
import { support } from "./support.ts";

export interface DemoApp {
  readonly app: Express;
  readonly budget: ExpressBudget;
}

export interface DemoOptions extends ExpressOptions {
  /** What each person may spend a day. */
  readonly daily: `$${number}/day`;
  /** Who a visitor without a session is taken for. Default `bob`. */
  readonly visitor?: string;
}

export function createApp({ daily, visitor = "bob", ...provided }: DemoOptions): DemoApp {
  const budget = assistantsBudget({
    limits: { run: "$0.05", thread: "$1", user: daily },
    assistants: { support },
    // An answer gets its whole room, or is not asked for at all.
    minOutputTokens: support.maxOutputTokens,
    // A request waits for running ones to end, rather than fail for money that they only hold.
    wait: "1m",
    identify: signedIn,
    ...provided,
  });

  const app = express();
  app.disable("x-powered-by");
  app.use(express.json(), session);
  app.use(budget);

  app.post("/chat", async (req, res) => {
    const { thread, message } = req.body ?? {};
    const run = await req.assistants.run({ thread, input: message });
    const { id, text, status, stop, cost, steps, usage } = run;
    res.json({ id, thread: run.thread, text, status, stop, cost: cost.usd, steps, usage });
  });
  app.post("/chat/stream", async (req, res) => {
    const { thread, message } = req.body ?? {};
    await budget.events(res, req.assistants.stream({ thread, input: message }));
  });
  app.get("/me/budget", budget.balances());
  // 402 while not even a short answer would fit, so that the page can say so before anyone types.
  app.get("/me/budget/check", budget.guard(), (_req, res) => {
    res.sendStatus(204);
  });
  app.use(signIn(visitor));
  app.use(chatPage());
  return { app, budget };
}
