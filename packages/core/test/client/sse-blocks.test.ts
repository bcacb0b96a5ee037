/** Wherever the network cuts a stream, the same events come out of it, and the same bytes. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type SseBlock, sseBlocks } from "../../src/client/sse-blocks.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes, cut at these places. */
function cutAt(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted(
    (a, b) => a - b,
  );
  return [0, ...cuts].map((from, index) => bytes.slice(from, cuts[index] ?? bytes.length));
}

function read(chunks: readonly Uint8Array[]): {
  blocks: readonly SseBlock[];
  bytes: string;
} {
  const all = sseBlocks();
  const blocks = chunks.flatMap((chunk) => all.take(chunk));
  const bytes = [...blocks.map((block) => block.bytes), all.rest()];
  return { blocks, bytes: Buffer.concat(bytes).toString("hex") };
}

const event = fc.record({
  name: fc.option(fc.constantFrom("error", "response.completed", "ping")),
  // Whatever JSON holds has no line break in it.
  data: fc.array(
    fc.string({ unit: "grapheme" }).map((text) => JSON.stringify(text)),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  comment: fc.boolean(),
});

describe("a stream of events", () => {
  test("comes out whole, however it is cut and whichever line breaks it has", () => {
    const breaks = fc.constantFrom("\n", "\r\n", "\r");
    const places = fc.array(fc.nat());
    fc.assert(
      fc.property(fc.array(event), breaks, places, (events, end, cuts) => {
        const text = events
          .map(({ name, data, comment }) =>
            [
              ...(comment ? [": still there"] : []),
              ...(name === null ? [] : [`event: ${name}`]),
              ...data.map((line, index) => (index % 2 === 0 ? `data: ${line}` : `data:${line}`)),
              "",
              "",
            ].join(end),
          )
          .join("");
        const bytes = encoder.encode(text);
        // A CR may still become a CRLF: the last event waits for what follows it.
        const { blocks, bytes: seen } = read([...cutAt(bytes, cuts), encoder.encode(":")]);
        expect(seen).toBe(Buffer.concat([bytes, encoder.encode(":")]).toString("hex"));
        expect(blocks.map((block) => ({ event: block.event, data: block.data }))).toEqual(
          events.map(({ name, data }) => ({ event: name ?? undefined, data: data.join("\n") })),
        );
      }),
    );
  });

  test("may be anything: no byte is lost or made up", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat()), (bytes, cuts) => {
        expect(read(cutAt(bytes, cuts)).bytes).toBe(Buffer.from(bytes).toString("hex"));
      }),
    );
  });

  test("a field that only begins like `data` is none", () => {
    const { blocks } = read([encoder.encode("database: x\ndata\n\ndata: y\n\n")]);
    expect(blocks.map(({ data }) => data)).toEqual(["", "y"]);
    expect(decoder.decode(blocks[1]?.bytes)).toBe("data: y\n\n");
  });
});
