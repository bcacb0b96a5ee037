/** A run as server-sent events. */
import { type RunEvent, isBudgetError } from "@assistants-budget/express";
import type { Response } from "express";

/**
 * Writes a run as it happens. A refusal comes before the first event and is thrown, so that it
 * still becomes a 402; what goes wrong later is the stream's last event.
 */
export async function writeEvents(res: Response, run: AsyncIterable<RunEvent>): Promise<void> {
  try {
    for await (const event of run) {
      if (res.closed) return;
      if (!res.headersSent) {
        res.set({ "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      }
      const shown = shownOf(event);
      if (shown) res.write(`event: ${event.type}\ndata: ${JSON.stringify(shown)}\n\n`);
    }
    res.end();
  } catch (error) {
    if (!res.headersSent || !isBudgetError(error)) throw error;
    res.end(`event: problem\ndata: ${JSON.stringify(error)}\n\n`);
  }
}

/** What a browser needs of an event, and nothing else. */
function shownOf(event: RunEvent): Record<string, unknown> | undefined {
  switch (event.type) {
    case "text":
      return { delta: event.delta };
    case "tool_call":
      return { name: event.name };
    case "step":
      return { cost: event.cost.usd };
    case "run": {
      const { thread, text, status, stop, cost, usage } = event.run;
      return { thread, text, status, stop, cost: cost.usd, usage };
    }
    case "tool_output":
      return undefined;
  }
}
