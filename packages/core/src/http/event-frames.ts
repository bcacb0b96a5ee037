/** A run as server-sent events, ready to be written. */
import type { RunStream } from "../assistants-of.ts";
import type { RunEvent, RunSummary } from "../assistants/index.ts";
import { isBudgetError, toProblem } from "../errors.ts";
import { balanceJson } from "../ledger/index.ts";

/** What goes with the frames, whatever the framework. */
export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store",
  // Some proxies hold a stream back until it is whole, unless they are told.
  "X-Accel-Buffering": "no",
};

/** The last event of a stream that was refused, or that failed, after it had begun. */
export function problemFrame(body: string): string {
  return `event: problem\ndata: ${body}\n\n`;
}

/**
 * The events of a run, one frame each: `text`, `tool_call`, `tool_output`, `step`, and at the end
 * `run` with its result, or `problem`. Arguments and outputs of tools stay on the server.
 *
 * It resolves with the first event, so that a refusal before it is still an ordinary answer.
 *
 * @throws BudgetError a refusal before the first event
 */
export async function eventFrames(stream: RunStream): Promise<AsyncIterable<string>> {
  const events = stream[Symbol.asyncIterator]();
  const first = await events.next();
  return framesOf(first, events);
}

async function* framesOf(
  first: IteratorResult<RunEvent>,
  events: AsyncIterator<RunEvent>,
): AsyncGenerator<string> {
  try {
    for (let next = first; !next.done; next = await events.next()) {
      const { type } = next.value;
      yield `event: ${type}\ndata: ${JSON.stringify(shownOf(next.value))}\n\n`;
    }
  } catch (error) {
    if (!isBudgetError(error)) throw error;
    yield problemFrame(JSON.stringify(toProblem(error)));
  }
}

/** What a browser may see of an event, in the words of the wire. */
function shownOf(event: RunEvent): Record<string, unknown> {
  switch (event.type) {
    case "text":
      return { delta: event.delta };
    case "tool_call":
      return { call_id: event.callId, name: event.name };
    case "tool_output":
      return { call_id: event.callId, name: event.name, failed: event.failed };
    case "step":
      return { cost: event.cost.usd };
    case "run":
      return { ...runJson(event.run), balances: event.run.balances.map(balanceJson) };
  }
}

function runJson({ id, thread, status, text, stop, cost, usage }: RunSummary) {
  return {
    id,
    thread,
    status,
    text,
    ...(stop ? { stop } : {}),
    cost: cost.usd,
    usage: {
      prompt_tokens: usage.promptTokens,
      cached_tokens: usage.cachedTokens,
      completion_tokens: usage.completionTokens,
      reasoning_tokens: usage.reasoningTokens,
      total_tokens: usage.totalTokens,
    },
  };
}
