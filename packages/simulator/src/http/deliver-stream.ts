import type { ServerResponse } from "node:http";
import { findFault, type Fault } from "../faults/faults.ts";
import type { StreamEvent } from "../responses/stream-events.ts";
import type { GenerationReply } from "./routing.ts";
import { EVENT_STREAM_HEADERS, formatBrokenEvent, formatEvent } from "./sse.ts";

const TERMINAL: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
]);

const USUAL_SOUND_EVENTS = 2;

/** What is done with an event: written, written broken, or not written and the stream ended in some way. */
type Step = "write" | "break" | "destroy" | "fall_silent" | "end";

function stepFor(event: StreamEvent, sent: number, faults: readonly Fault[]): Step {
  const cut = findFault(faults, "cut_after_events");
  if (cut !== undefined && sent >= cut.events) return "destroy";
  const silence = findFault(faults, "silence");
  if (silence !== undefined && sent >= silence.afterEvents) return "fall_silent";
  const malformed = findFault(faults, "malformed_event");
  if (malformed !== undefined && sent >= (malformed.afterEvents ?? USUAL_SOUND_EVENTS)) {
    return "break";
  }
  const lacksEnd = findFault(faults, "end_without_terminal") !== undefined;
  return lacksEnd && TERMINAL.has(event.type) ? "end" : "write";
}

function withoutUsage(event: StreamEvent): StreamEvent {
  if (!TERMINAL.has(event.type)) return event;
  return { ...event, response: { ...Object(event["response"]), usage: null } };
}

function written(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve) => {
    response.write(text, () => resolve());
  });
}

/** Writes a response's events as they come, or as the faults have it. */
export async function deliverStream(
  { generation, after, form }: GenerationReply,
  faults: readonly Fault[],
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, EVENT_STREAM_HEADERS);
  response.flushHeaders();
  const lacksUsage = findFault(faults, "missing_usage") !== undefined;
  let sent = 0;
  let lastWrite: Promise<void> | undefined;
  for await (const event of generation.log.follow(after)) {
    // The client has gone; the generation goes on without it.
    if (response.destroyed) return;
    switch (stepFor(event, sent, faults)) {
      case "write":
        lastWrite = written(
          response,
          form?.text(event, lacksUsage) ?? formatEvent(lacksUsage ? withoutUsage(event) : event),
        );
        break;
      case "break":
        response.end(formatBrokenEvent(event));
        return;
      case "destroy":
        // What was written before the cut has to arrive; destroying a socket drops what waits in it.
        await lastWrite;
        response.destroy();
        return;
      case "end":
        response.end();
        return;
      case "fall_silent":
        return;
    }
    sent += 1;
  }
  response.end();
}
