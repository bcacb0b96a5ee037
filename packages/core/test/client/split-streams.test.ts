/** Wherever the network cuts an answer, and however it breaks its lines: the same charge, the same events. */
import * as fc from "fast-check";
import { OpenAI } from "openai";
import { expect, test } from "vitest";
import { createBudget, memory } from "../../src/index.ts";
import { LARGE_LIMITS, PLAIN } from "../running-budget.ts";
import { all, say } from "./running-client.ts";

const USAGE = { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150 };
/** gpt-4o-mini: $0.15 and $0.60 a million. */
const COST = 120 * 150 + 30 * 600;
const HEAD = { id: "chatcmpl-1", model: PLAIN, service_tier: "default" };
const RESPONSE = { id: "resp_1", object: "response", model: PLAIN, service_tier: "default" };

type Event = readonly [name: string | undefined, data: unknown];

/** As OpenAI streams them where usage was asked for. */
function chunks(pieces: readonly string[], reportsUsage: boolean): readonly Event[] {
  const deltas = [{ role: "assistant", content: "" }, ...pieces.map((content) => ({ content }))];
  const choice = (delta: object, finish_reason: string | null) => [
    undefined,
    {
      ...HEAD,
      choices: [{ index: 0, delta, finish_reason }],
      ...(reportsUsage ? { usage: null } : {}),
    },
  ];
  return [
    ...deltas.map((delta) => choice(delta, null)),
    choice({}, "stop"),
    ...(reportsUsage ? [[undefined, { ...HEAD, choices: [], usage: USAGE }]] : []),
    [undefined, "[DONE]"],
  ] as readonly Event[];
}

function events(pieces: readonly string[]): readonly Event[] {
  const usage = { input_tokens: 120, output_tokens: 30, total_tokens: 150 };
  const said = [
    { type: "response.created", response: { ...RESPONSE, status: "in_progress", output: [] } },
    ...pieces.map((delta) => ({ type: "response.output_text.delta", item_id: "m", delta })),
    {
      type: "response.completed",
      response: { ...RESPONSE, status: "completed", output: [], usage },
    },
  ];
  return said.map((event) => [event.type, event] as const);
}

function bytesOf(list: readonly Event[], end: string): Uint8Array {
  const blocks = list.map(([name, data]) => {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    return [...(name === undefined ? [] : [`event: ${name}`]), `data: ${text}`, "", ""].join(end);
  });
  return new TextEncoder().encode(blocks.join(""));
}

/** A client whose provider says these bytes, in these pieces. */
function clientOf(bytes: Uint8Array, places: readonly number[], endless: boolean) {
  const cuts = [...new Set(places.map((one) => one % bytes.length))].toSorted((a, b) => a - b);
  const body = () =>
    new ReadableStream<Uint8Array>({
      async start(controller) {
        for (const [index, from] of [0, ...cuts].entries()) {
          controller.enqueue(bytes.slice(from, cuts[index] ?? bytes.length));
          if (index % 3 === 0) await Promise.resolve();
        }
        if (!endless) controller.close();
      },
    });
  const client = new OpenAI({
    apiKey: "sk-test",
    baseURL: "http://provider.example/v1",
    maxRetries: 0,
    fetch: async () => new Response(body(), { headers: { "content-type": "text/event-stream" } }),
  });
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const limits = LARGE_LIMITS;
  const budget = createBudget({ client, store: memory(), limits, log, idleTimeout: "50ms" });
  return { budget, plain: client, budgeted: budget.for({ user: "alice" }).client };
}

const pieces = fc.array(fc.string({ unit: "grapheme", maxLength: 8 }), { maxLength: 6 });
const lineEnd = fc.constantFrom("\n", "\r\n");
const places = fc.array(fc.nat(), { maxLength: 40 });

async function check(
  given: { bytes: Uint8Array; plainBytes: Uint8Array; places: readonly number[]; endless: boolean },
  call: (client: OpenAI) => Promise<AsyncIterable<unknown>>,
): Promise<void> {
  const { bytes, plainBytes, places: cuts, endless } = given;
  const expected = await all(await call(clientOf(plainBytes, [], false).plain));
  const { budget, budgeted } = clientOf(bytes, cuts, endless);
  const seen: unknown[] = [];
  for await (const event of await call(budgeted)) {
    seen.push(event);
    if (seen.length < expected.length || "choices" in Object(event)) continue;
    // The last event has come: what it cost stands already in the ledger.
    expect(await budget.lines()).toHaveLength(1);
    if (endless) break;
  }
  expect(seen).toEqual(expected);
  const [line] = await budget.lines();
  expect(line?.charge).toMatchObject({ known: "reported", nano: COST });
  await budget.close({ waitMs: 200 });
}

test("chunks", { timeout: 30_000 }, async () => {
  expect.hasAssertions();
  await fc.assert(
    fc.asyncProperty(pieces, lineEnd, places, async (texts, end, cuts) => {
      const bytes = bytesOf(chunks(texts, true), end);
      const plainBytes = bytesOf(chunks(texts, false), end);
      await check({ bytes, plainBytes, places: cuts, endless: false }, (client) =>
        client.chat.completions.create({ model: PLAIN, messages: say("Hi"), stream: true }),
      );
    }),
    { numRuns: 30 },
  );
});

test(
  "events of a response, also where the connection stays open",
  { timeout: 30_000 },
  async () => {
    expect.hasAssertions();
    const cutting = fc.record({ places, endless: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(pieces, lineEnd, cutting, async (texts, end, cut) => {
        const bytes = bytesOf(events(texts), end);
        await check({ bytes, plainBytes: bytes, ...cut }, (client) =>
          client.responses.create({ model: PLAIN, input: "Hi", stream: true }),
        );
      }),
      { numRuns: 30 },
    );
  },
);
