/** A stream of server-sent events, cut where events end; the bytes stay as they came. */

export interface SseBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly event: string | undefined;
  /** The data lines, joined; undefined where there are none, as in a comment. */
  readonly data: string | undefined;
}

export interface SseBlocks {
  /** The events that these bytes complete. */
  take(chunk: Uint8Array): readonly SseBlock[];
  /** What is left when no more comes: bytes of no whole event. */
  rest(): Uint8Array<ArrayBuffer>;
}

const LF = 10;
const CR = 13;

export function sseBlocks(): SseBlocks {
  let held: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** How far `held` has been looked through, and where its present line begins. */
  let seen = 0;
  let lineStart = 0;

  /** Where the next event ends, after the line break of its empty line; -1 if it has not ended. */
  function nextEnd(): number {
    while (seen < held.length) {
      const byte = held[seen];
      if (byte !== LF && byte !== CR) {
        seen += 1;
        continue;
      }
      // A CR at the very end may be the first half of a CRLF.
      if (byte === CR && seen + 1 === held.length) return -1;
      const next = seen + (byte === CR && held[seen + 1] === LF ? 2 : 1);
      const isEmpty = seen === lineStart;
      seen = next;
      lineStart = next;
      if (isEmpty) return next;
    }
    return -1;
  }

  return {
    take: (chunk) => {
      const joined = new Uint8Array(held.length + chunk.length);
      joined.set(held);
      joined.set(chunk, held.length);
      held = joined;
      const blocks: SseBlock[] = [];
      for (let end = nextEnd(); end >= 0; end = nextEnd()) {
        blocks.push(blockOf(held.subarray(0, end)));
        held = held.subarray(end);
        seen = 0;
        lineStart = 0;
      }
      return blocks;
    },
    rest: () => held,
  };
}

function blockOf(bytes: Uint8Array<ArrayBuffer>): SseBlock {
  let event: string | undefined;
  const data: string[] = [];
  for (const line of new TextDecoder().decode(bytes).split(/\r\n|\n|\r/)) {
    const [, name, value = ""] = /^(event|data)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === "event") event = value;
    if (name === "data") data.push(value);
  }
  return { bytes, event, data: data.length === 0 ? undefined : data.join("\n") };
}
