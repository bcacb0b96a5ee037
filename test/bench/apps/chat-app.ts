/** An Express app whose route calls a model: with a budget, or with something else around it. */
import { assistantsBudget } from "@assistants-budget/express";
import express, { type Express, type Request } from "express";
import { OpenAI } from "openai";
import { answerJobs } from "../children.ts";
import { bareGroupCommit } from "../contestants/plain-postgres.ts";
import { type StoreName, openStore } from "../contestants/stores.ts";
import { subjectsOf } from "../requests.ts";
import { listen } from "./listen.ts";
import { INSTRUCTIONS, MAX_OUTPUT_TOKENS, MODEL } from "./model-call.ts";

export interface ChatJob {
  /** A store under a budget; or `none`; or the floor: a common commit before the call and one after it. */
  readonly around: StoreName | "none" | "floor";
  readonly upstream: string;
  /** The store's path or URL. */
  readonly place: string;
}

/** The call without a budget: the same SDK, the same stream. */
function caller(upstream: string): (input: string) => Promise<string> {
  const client = new OpenAI({ baseURL: upstream, apiKey: "sk-bench" });
  return async (input) => {
    const stream = await client.responses.create({
      model: MODEL,
      instructions: INSTRUCTIONS,
      input,
      max_output_tokens: MAX_OUTPUT_TOKENS,
      stream: true,
    });
    let text = "";
    for await (const event of stream) {
      if (event.type === "response.output_text.delta") text += event.delta;
    }
    return text;
  };
}

/** The same thing goes wrong in each of ten thousand requests. */
let isSaid = false;
function sayOnce(message: string): void {
  if (!isSaid) console.error(message);
  isSaid = true;
}

function withBudget(app: Express, store: StoreName, { upstream, place }: ChatJob): void {
  const budget = assistantsBudget({
    baseURL: upstream,
    apiKey: "sk-bench",
    store: openStore(store, place),
    identify: ({ user }: Request & { readonly user?: { id: string; tenant: string } }) => user,
    log: { info: () => undefined, warn: () => undefined, error: sayOnce },
    limits: {
      run: "unlimited",
      user: ["$9000000/day", "$9000000/month"],
      thread: "$9000000",
      tenant: "$9000000/month",
      app: "$9000000/month",
    },
    assistants: {
      support: { model: MODEL, instructions: INSTRUCTIONS, maxOutputTokens: MAX_OUTPUT_TOKENS },
    },
  });
  app.use(budget);
  app.post("/chat", async (req, res) => {
    const { text } = await req.assistants.run({ input: String(req.body.message) });
    res.json({ reply: text });
  });
}

async function without(app: Express, { around, upstream, place }: ChatJob): Promise<void> {
  const call = caller(upstream);
  const commits = around === "floor" ? await bareGroupCommit(place) : undefined;
  app.post("/chat", async (req, res) => {
    // Both commits of a pair; that one would come after the call makes no difference to their sum.
    await commits?.();
    res.json({ reply: await call(String(req.body.message)) });
  });
}

answerJobs(async (job: ChatJob): Promise<string> => {
  const app = express();
  let turn = 0;
  app.use(express.json(), (req, _res, next) => {
    const { user, tenant } = subjectsOf((turn += 1));
    Object.assign(req, { user: { id: user, tenant } });
    next();
  });
  if (job.around === "none" || job.around === "floor") await without(app, job);
  else withBudget(app, job.around, job);
  return `${await listen(app)}/chat`;
});
