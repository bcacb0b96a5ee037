/** What is learnt from an answer's bytes: how it ended, before the app sees its end. */
import type { Answered, Ending } from "../assistants/index.ts";
import type { MeteredCall } from "./metered-call.ts";
import type { Passage } from "./passing-body.ts";
import { jsonIn } from "./request-fields.ts";
import { sseBlocks } from "./sse-blocks.ts";

/** Told what becomes of a call; only the first ending counts. */
export interface Listener {
  created(responseId: string): void;
  ended(ending: Ending): Promise<void>;
}

/** A body that is one whole answer: nothing of it is handed on before it is settled. */
export function wholePassage(metered: MeteredCall, listener: Listener): Passage {
  const chunks: Uint8Array[] = [];
  return {
    take: (chunk) => {
      chunks.push(chunk);
      return Promise.resolve([]);
    },
    end: async () => {
      const answer = metered.answered(jsonIn(textOf(chunks)));
      await listener.ended(answer ?? lost("the answer could not be read"));
      return chunks;
    },
    broke: (error, silent) => listener.ended(lostTo(error, silent)),
  };
}

/** A stream of events: each is handed on as it comes, the last one when it is settled. */
export function streamPassage(metered: MeteredCall, listener: Listener): Passage {
  const blocks = sseBlocks();
  const reader = metered.reader();
  let responseId: string | undefined;
  const known = () => (responseId === undefined ? {} : { responseId });

  function endedBy(answer: Answered | undefined, message: string): Promise<void> {
    return listener.ended(answer ?? { ...lost(message), ...known() });
  }

  return {
    take: async (chunk) => {
      const passed: Uint8Array[] = [];
      for (const block of blocks.take(chunk)) {
        const { pass, answer, failed, created } = reader.read(block);
        if (created !== undefined) listener.created((responseId = created));
        if (answer) await endedBy(answer, "");
        else if (failed) await endedBy(undefined, "the stream ended with an error");
        if (pass) passed.push(pass);
      }
      return passed;
    },
    end: async () => {
      await endedBy(reader.ended(), "the stream ended without an outcome");
      return [blocks.rest()].filter(({ length }) => length > 0);
    },
    broke: (error, silent) => listener.ended({ ...lostTo(error, silent), ...known() }),
  };
}

type Lost = Extract<Ending, { kind: "lost" }>;

function lost(message: string): Lost {
  return { kind: "lost", message, timedOut: false };
}

/** Never the error's message: it may quote an address or the user. */
function lostTo(error: unknown, silent: boolean): Lost {
  const name = error instanceof Error ? error.name : typeof error;
  const message = silent ? "the stream fell silent" : `the connection broke (${name})`;
  return { kind: "lost", message, timedOut: silent, cause: error };
}

function textOf(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
  return text + decoder.decode();
}
