import type { EventDraft, StreamEvent } from "./stream-events.ts";

/** The events of one response: written once, read by as many as like, also later. */
export interface EventLog {
  readonly events: readonly StreamEvent[];
  add(draft: EventDraft): void;
  /** No more events come. */
  close(): void;
  /** All events after a sequence number, as they come. Default from the first. */
  follow(after?: number): AsyncGenerator<StreamEvent>;
}

export function createEventLog(): EventLog {
  const events: StreamEvent[] = [];
  let isClosed = false;
  let waiting: (() => void)[] = [];

  const wake = (): void => {
    for (const resume of waiting) resume();
    waiting = [];
  };

  const news = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
    });

  return {
    events,
    add(draft) {
      events.push({ ...draft, sequence_number: events.length });
      wake();
    },
    close() {
      isClosed = true;
      wake();
    },
    async *follow(after = -1) {
      let next = after + 1;
      while (true) {
        for (; next < events.length; next += 1) {
          const event = events[next];
          if (event !== undefined) yield event;
        }
        if (isClosed) return;
        await news();
      }
    },
  };
}
