import { withBudget } from "@assistants-budget/fetch";
import { options } from "../../budget.ts";

/** Begins a thread. What the budget refuses is answered with a 402. */
export const POST = withBudget(async (request, { assistants }) => {
  const { message } = (await request.json()) as { message: string };
  const run = await assistants.run({ input: message });
  return Response.json({ reply: run.text, thread: run.thread, cost: run.cost.usd });
}, options);
