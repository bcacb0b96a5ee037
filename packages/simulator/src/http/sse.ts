import type { StreamEvent } from "../responses/stream-events.ts";

export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  connection: "keep-alive",
};

export function formatEvent(event: StreamEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** An event whose data stops in the middle: a line that no parser of JSON takes. */
export function formatBrokenEvent(event: StreamEvent): string {
  const data = JSON.stringify(event);
  return `event: ${event.type}\ndata: ${data.slice(0, Math.ceil(data.length / 2))}\n\n`;
}
