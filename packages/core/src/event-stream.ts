import type { RunStream } from "./assistants-of.ts";
import type { Run, RunEvent } from "./assistants/index.ts";

/** A run as a stream of events that waits for nobody: a reader that leaves does not hold it up. */
export function eventStream(
  start: (onEvent: (event: RunEvent) => void) => Promise<Run>,
): RunStream {
  const events: RunEvent[] = [];
  let failed: { readonly error: unknown } | undefined;
  let over = false;
  let wake = Promise.withResolvers<void>();
  const tell = (): void => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  const result = start((event) => {
    events.push(event);
    tell();
  });
  result
    .then((run) => events.push({ type: "run", run }))
    .catch((error: unknown) => {
      failed = { error };
    })
    .finally(() => {
      over = true;
      tell();
    });

  return {
    result,
    async *[Symbol.asyncIterator]() {
      for (let at = 0; ; at++) {
        // oxlint-disable-next-line no-unmodified-loop-condition -- events come one after the other
        while (at >= events.length && !over) await wake.promise;
        const event = events[at];
        if (event) yield event;
        else if (failed) throw failed.error;
        else return;
      }
    },
  };
}
