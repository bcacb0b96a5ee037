import { assistantsBudget } from "@assistants-budget/fastify";
import { fastify } from "fastify";
import { admin } from "./admin.ts";
import { limitsOf } from "./plans.ts";
import { signIn } from "./sign-in.ts";

const app = fastify({ logger: { level: "warn" } });
await signIn(app); // yours: puts the verified token on request.user
await app.register(assistantsBudget, {
  identify: ({ user }) => user && { id: user.sub, plan: user.plan, tenant: user.tenant ?? null },
  limits: limitsOf,
  assistants: {
    support: { model: "gpt-6-luna", instructions: "You help the customers of a shop." },
  },
  log: app.log,
});
const { budget } = app;

interface Chat {
  Body: { readonly message: string; readonly thread?: string };
}

app.post<Chat>("/chat", async ({ assistants, body: { message, thread } }) => {
  const run = await assistants.run({ input: message, thread });
  return { reply: run.text, thread: run.thread, cost: run.cost.usd };
});
app.post<Chat>("/chat/stream", async ({ assistants, body: { message, thread } }, reply) =>
  budget.events(reply, assistants.stream({ input: message, thread })),
);

// A route of its own caps: lower than the plan's, whatever the plan.
const short = { limits: { run: "$0.02" }, maxOutputTokens: 2_048 } as const;
app.post<Chat>("/title", { config: { budget: short } }, async ({ assistants, body }) => {
  const run = await assistants.run({ input: `Give this a title: ${body.message}` });
  return { title: run.text };
});

app.get("/me/budget", budget.balances());
app.get("/health", { config: { budget: false } }, async () => ({ ok: true }));
await app.register(admin, { prefix: "/admin" });

process.once("SIGTERM", () => void app.close()); // ends the runs under way, and the budget
await app.listen({ port: Number(process.env["PORT"] ?? 3000) });
