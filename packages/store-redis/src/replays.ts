/** What reserves and endings have written, as it is brought back to a server that forgot it. */
import type { Operation } from "./operation.ts";
import { list } from "./replies.ts";
import type { Call } from "./script.ts";

/** The calls that bring an operation back, of which this was the reply: none where it wrote nothing. */
export type Replayed = (operation: Operation, reply: unknown) => readonly Call[];

export function replays(callOf: (operation: Operation) => Call): Replayed {
  /** Made only when it is needed: nearly none ever is. */
  function lazily(operation: () => Operation): Call {
    let made: Call | undefined;
    const call = (): Call => (made ??= callOf(operation()));
    return {
      get script() {
        return call().script;
      },
      keys: [],
      get args() {
        return call().args;
      },
      again: () => [lazily(operation)],
    };
  }

  return (operation, reply) => {
    if (reply === 0) return [];
    const [kind, tokens] = list(reply);
    switch (kind) {
      case "held":
        return [lazily(() => operation.granted?.(Number(tokens)) ?? operation)];
      case "settled":
      case "corrected":
      case "released":
        return [lazily(() => operation)];
      default:
        return [];
    }
  };
}
