/** A run as server-sent events, ready to be written. */
import type { RunStream } from "../assistants-of.ts";
import type { RunEvent, RunSummary } from "../assistants/index.ts";
import { balanceJson } from "../ledger/index.ts";
import type { LastEvent } from "./refusal.ts";

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
 * The events of a run, one frame each: `start`, `text`, `tool_call`, `tool_output`, `interrupted`,
 * `step`, and at the end `run` with its result, or `problem`. Arguments and outputs of tools stay on the server. Or frames of
 * the app's own, as they are, and `problem` after them.
 *
 * It resolves with the first one, so that a refusal before it is still an ordinary answer.
 *
 * @param last What ends a stream that has begun, such as `http.answer()`, which tells the developer too.
 * @throws BudgetError a refusal before the first one
 */
export async function eventFrames(
  source: RunStream | AsyncIterable<string>,
  last: (error: unknown) => LastEvent | undefined,
): Promise<AsyncIterable<string>> {
  const frames = "result" in source ? framesOf(source) : source;
  const each = frames[Symbol.asyncIterator]();
  const first = await each.next();
  return toTheEnd(first, each, last);
}

async function* framesOf(stream: RunStream): AsyncGenerator<string> {
  for await (const event of stream)
    yield `event: ${event.type}\ndata: ${JSON.stringify(shownOf(event))}\n\n`;
}

async function* toTheEnd(
  first: IteratorResult<string>,
  each: AsyncIterator<string>,
  last: (error: unknown) => LastEvent | undefined,
): AsyncGenerator<string> {
  try {
    for (let next = first; !next.done; next = await each.next()) yield next.value;
  } catch (error) {
    const answer = last(error);
    if (!answer) throw error;
    yield answer.event;
  } finally {
    // A client that left ends an app's own frames; a run goes on without its readers.
    await each.return?.();
  }
}

/** What a browser may see of an event, in the words of the wire. */
function shownOf(event: RunEvent): Record<string, unknown> {
  switch (event.type) {
    case "start":
      return { id: event.run, thread: event.thread };
    case "text":
      return { delta: event.delta };
    case "tool_call":
      return { call_id: event.callId, name: event.name };
    case "tool_output":
      return { call_id: event.callId, name: event.name, failed: event.failed };
    case "interrupted":
      return { call_id: event.callId, name: event.name };
    case "step":
      return { cost: event.cost.usd };
    case "run":
      return { ...runJson(event.run), balances: event.run.balances.map(balanceJson) };
  }
}

function runJson({ id, thread, status, text, stop, interrupted, cost, usage }: RunSummary) {
  return {
    id,
    thread,
    status,
    text,
    ...(stop ? { stop: stopJson(stop) } : {}),
    ...(interrupted ? { interrupted: interrupted.map(callJson) } : {}),
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

/** With the arguments of the calls that the client is to carry out. */
function stopJson({ calls, ...stop }: NonNullable<RunSummary["stop"]>) {
  return { ...stop, ...(calls ? { calls: calls.map(callJson) } : {}) };
}

function callJson<Call extends { readonly callId: string }>({ callId, ...call }: Call) {
  return { call_id: callId, ...call };
}
