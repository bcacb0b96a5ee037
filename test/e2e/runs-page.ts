/** What docs/runs.md shows, as it is shown. */
import { type AssistantDefinition, type Assistants, type Run, tool } from "@assistants-budget/core";
import { z } from "zod";

// <tools>
const lookUpOrder = tool({
  name: "lookUpOrder",
  description: "Looks an order up by its number.",
  parameters: z.object({ order: z.string() }),
  execute: ({ order }) => ({ order, status: "sent" }),
});
const refund = tool({
  name: "refund",
  description: "Pays an order back.",
  parameters: z.object({ order: z.string() }),
  sideEffects: true, // never begun twice
  execute: ({ order }, { callId }) => ({ order, refund: callId }), // an idempotency key
});
const confirm = tool({
  name: "confirm",
  description: "Asks the customer whether to go on.",
  parameters: z.object({ question: z.string() }), // no `execute`: the client's
});
// </tools>

export const assistants: Record<string, AssistantDefinition> = {
  support: { model: "gpt-6-luna", tools: [lookUpOrder, refund, confirm] },
};

export async function support(alice: Assistants, ask: (question: string) => boolean): Promise<Run> {
  // <hand-over>
  let run = await alice.run({ input: "Pay A-1 back, please." });
  while (run.stop?.reason === "requires_action") {
    const toolOutputs = (run.stop.calls ?? []).map(({ callId, arguments: args }) => ({
      callId,
      output: { confirmed: ask(JSON.parse(args).question) },
    }));
    run = await alice.resume(run.id, { toolOutputs });
  }
  // </hand-over>
  return run;
}
