import { type Budgeted, withBudget } from "@assistants-budget/fetch";
import { budget, options } from "../../../budget.ts";

type Thread = { params: Promise<{ thread: string }> };

/** Goes on with a thread, as server-sent events; what it costs is lower here. */
export const POST = withBudget(
  async (request, { assistants, params }: Thread & Budgeted) => {
    const { message } = (await request.json()) as { message: string };
    const { thread } = await params;
    return budget.events(assistants.stream({ input: message, thread }));
  },
  options,
  { limits: { run: "$0.02" } },
);
