/** Whatever the SDK gives with the app's own client, it gives with the budgeted one: the same calls, the same ends. */
import type { Fault, ModelScript } from "@assistants-budget/simulator";
import type { OpenAI } from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { PLAIN, REASONING } from "../running-budget.ts";
import { SDKS, all, errorOf, say, startClient } from "./running-client.ts";

const HELLO = { model: REASONING, input: "Where is my parcel, José? 🎁", max_output_tokens: 999 };
const CHAT = { model: PLAIN, messages: say("Where is my parcel, José? 🎁"), max_tokens: 99 };
const EMBED = { model: "text-embedding-3-small", input: ["a lamp", "a table"] };
const City = z.object({ city: z.string() });
const TOOL = { name: "weather", parameters: { type: "object", properties: {} }, strict: false };

const script: ModelScript = ({ lastUserText, tools }) =>
  lastUserText.includes("JSON")
    ? { text: '{"city":"Oslo"}' }
    : tools.length > 0
      ? {
          reasoningTokens: 20,
          text: "Looking.",
          toolCalls: [{ name: "weather", arguments: { a: 1 } }],
        }
      : { text: `You said: ${lastUserText}` };

/** Ids and times are others each time; the SDK's objects are compared as what they hold. */
function shown(value: unknown): unknown {
  const text = JSON.stringify(value, (_key, part: unknown) =>
    part instanceof Float32Array ? [...part] : part,
  );
  return JSON.parse(
    (text ?? "null")
      .replaceAll(/\b([a-z]+)_[0-9a-f]{20,}/g, "$1_id")
      .replaceAll(/(\\?"(?:created|created_at|completed_at)\\?":)\d+/g, "$1 0")
      .replaceAll(/"encrypted_content":"[^"]*"/g, '"encrypted_content":"sealed"'),
  );
}

/** The names of the events of a helper's, in their order. */
async function heard(stream: {
  on(name: never, listener: (...args: never[]) => void): unknown;
  done(): Promise<void>;
}): Promise<readonly string[]> {
  const names = ["connect", "content", "chunk", "message", "finalMessage", "event", "end", "error"];
  const order: string[] = [];
  for (const name of names) stream.on(name as never, () => void order.push(name));
  await stream.done().catch(() => undefined);
  return order;
}

/** An error as far as the app can tell it. */
function told(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message } = error;
  const { status, code, type, param } = error as unknown as Record<string, unknown>;
  return { kind: error.constructor.name, name, message, status, code, type, param };
}

type Act = (client: OpenAI) => Promise<unknown>;

const ACTS: Readonly<Record<string, Act>> = {
  "responses.create": (client) => client.responses.create(HELLO),
  "its output_text": async (client) => (await client.responses.create(HELLO)).output_text,
  "its request id": async (client) =>
    typeof Reflect.get(await client.responses.create(HELLO), "_request_id") === "string",
  "tools and reasoning": (client) =>
    client.responses.create({ ...HELLO, tools: [{ type: "function", ...TOOL }] }),
  "for await": async (client) => all(await client.responses.create({ ...HELLO, stream: true })),
  "for await, without obfuscation": async (client) =>
    all(
      await client.responses.create({
        ...HELLO,
        stream: true,
        stream_options: { include_obfuscation: false },
      }),
    ),
  "withResponse()": async (client) => {
    const { data, response, request_id } = await client.responses.create(HELLO).withResponse();
    const { status, ok } = response;
    return { data, status, ok, type: response.headers.get("content-type"), id: typeof request_id };
  },
  "withResponse() of a stream": async (client) => {
    const call = client.responses.create({ ...HELLO, stream: true });
    const { data, response } = await call.withResponse();
    return [response.headers.get("content-type"), response.url.slice(-10), await all(data)];
  },
  "asResponse()": async (client) => {
    const response = await client.responses.create(HELLO).asResponse();
    return [response.status, response.url.slice(-10), await response.json()];
  },
  "asResponse() of a stream": async (client) => {
    const response = await client.responses.create({ ...HELLO, stream: true }).asResponse();
    return (await response.text()).split("\n");
  },
  "toReadableStream()": async (client) => {
    const stream = await client.responses.create({ ...HELLO, stream: true });
    const lines = (await new Response(stream.toReadableStream()).text()).split("\n");
    return lines.filter((line) => line !== "").map((line): unknown => JSON.parse(line));
  },
  "tee()": async (client) => {
    const [left, right] = (await client.responses.create({ ...HELLO, stream: true })).tee();
    return Promise.all([all(left), all(right)]);
  },
  "responses.parse": async (client) => {
    const text = { format: zodTextFormat(City, "city") };
    const answer = await client.responses.parse({ ...HELLO, input: "JSON, please", text });
    return [answer.output_parsed, answer];
  },
  "responses.stream": (client) => client.responses.stream(HELLO).finalResponse(),
  "responses.stream, its events": async (client) => all(client.responses.stream(HELLO)),
  "responses.stream, in their order": (client) => heard(client.responses.stream(HELLO) as never),
  "responses.retrieve": async (client) => {
    const { id } = await client.responses.create(HELLO);
    return client.responses.retrieve(id);
  },
  "responses.inputItems.list": async (client) => {
    const { id } = await client.responses.create(HELLO);
    return all(client.responses.inputItems.list(id));
  },
  "responses.inputTokens.count": (client) =>
    client.responses.inputTokens.count({ model: REASONING, input: "Hi" }),
  previous_response_id: async (client) => {
    const { id } = await client.responses.create(HELLO);
    return client.responses.create({ ...HELLO, previous_response_id: id });
  },
  "a conversation": async (client) => {
    const { id } = await client.conversations.create({});
    await client.responses.create({ ...HELLO, conversation: id });
    await client.responses.create({ ...HELLO, conversation: { id } });
    return all(client.conversations.items.list(id));
  },
  "an agent's loop, reasoning sent back": async (client) => {
    const tools = [{ type: "function" as const, ...TOOL }];
    const first = await client.responses.create({ ...HELLO, tools });
    const call = first.output.find((item) => item.type === "function_call");
    if (call?.type !== "function_call") throw new Error("expected a call");
    const output = { type: "function_call_output" as const, call_id: call.call_id, output: "20" };
    const input = [{ role: "user" as const, content: "Weather?" }, ...first.output, output];
    return client.responses.create({ ...HELLO, input: input as never });
  },
  "models.list": async (client) => (await all(client.models.list())).length,
  "chat.completions.create": (client) => client.chat.completions.create(CHAT),
  "chat, with tools": (client) =>
    client.chat.completions.create({ ...CHAT, tools: [{ type: "function", function: TOOL }] }),
  "chat, for await": async (client) =>
    all(await client.chat.completions.create({ ...CHAT, stream: true })),
  "chat, for await with tools": async (client) =>
    all(
      await client.chat.completions.create({
        ...CHAT,
        stream: true,
        tools: [{ type: "function", function: TOOL }],
      }),
    ),
  "chat, for await with usage": async (client) =>
    all(
      await client.chat.completions.create({
        ...CHAT,
        stream: true,
        stream_options: { include_usage: true },
      }),
    ),
  "chat, asResponse() of a stream": async (client) => {
    const call = client.chat.completions.create({ ...CHAT, stream: true });
    return (await (await call.asResponse()).text()).split("\n");
  },
  "chat.completions.parse": async (client) => {
    const response_format = zodResponseFormat(City, "city");
    const messages = say("JSON, please");
    const answer = await client.chat.completions.parse({ ...CHAT, messages, response_format });
    return [answer.choices[0]?.message.parsed, answer];
  },
  "chat.completions.stream": (client) => client.chat.completions.stream(CHAT).finalChatCompletion(),
  "chat.completions.stream, its chunks": async (client) =>
    all(client.chat.completions.stream(CHAT)),
  "chat.completions.stream, in their order": (client) =>
    heard(client.chat.completions.stream(CHAT) as never),
  "embeddings.create": (client) => client.embeddings.create(EMBED),
  "embeddings as base64": (client) =>
    client.embeddings.create({ ...EMBED, encoding_format: "base64" }),
  "embeddings as numbers": (client) =>
    client.embeddings.create({ ...EMBED, encoding_format: "float", dimensions: 4 }),
  "two calls at once": async (client) =>
    Promise.all([client.responses.create(HELLO), client.chat.completions.create(CHAT)]),
};

const NO_RETRY: readonly Fault[] = [];
const CHAT_PATH = "POST /v1/chat/completions";
const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  "429": [{ kind: "rate_limit", retryAfter: 1 }],
  "429 without money": [{ kind: "insufficient_quota" }],
  "500": [{ kind: "server_error" }],
  "503": [{ kind: "overloaded" }],
  "a connection that is refused": [{ kind: "refuse_connection" }],
  "a cut": [{ kind: "cut_after_events", events: 3 }],
  "no end": [{ kind: "end_without_terminal" }],
  "an event that is no JSON": [{ kind: "malformed_event" }],
  "no usage": [{ kind: "missing_usage" }],
};

const streamed: Act = (client) => untilItEnds(client.responses.create({ ...HELLO, stream: true }));
const streamedChat: Act = (client) =>
  untilItEnds(client.chat.completions.create({ ...CHAT, stream: true }));
const tooHot: Act = (client) => client.responses.create({ ...HELLO, temperature: 9 });

/** What came, and the error that it ended in. */
async function untilItEnds(
  stream: PromiseLike<AsyncIterable<unknown>>,
): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  try {
    for await (const one of await stream) seen.push(one);
  } catch (error) {
    seen.push(told(error));
  }
  return seen;
}

describe.each(SDKS)("%s", (_name, SDK) => {
  async function both(act: Act, faults = NO_RETRY): Promise<readonly [unknown, unknown]> {
    const ends = [];
    for (const which of ["plain", "client"] as const) {
      // Each before a server of its own, so that neither finds the other's cache.
      const running = await startClient(SDK, { simulator: { script, faults } });
      const end = await act(running[which]).catch((error: unknown) => told(error));
      ends.push(shown(end));
    }
    return [ends[0], ends[1]];
  }

  test.each(Object.entries(ACTS))("%s", async (_, act) => {
    const [plain, budgeted] = await both(act);
    // The tier is always said, so that the project's setting decides no price.
    expect(budgeted).toEqual(plain);
    expect(plain).not.toMatchObject({ kind: expect.any(String) });
  });

  test.each(Object.entries(FAULTS))("%s: the same error, or the same answer", async (_, faults) => {
    const [plain, budgeted] = await both((client) => client.responses.create(HELLO), faults);
    expect(budgeted).toEqual(plain);
  });

  test.each(Object.entries(FAULTS))("%s in a stream: the same end", async (_, faults) => {
    const [plain, budgeted] = await both(streamed, faults);
    expect(budgeted).toEqual(plain);
  });

  test.each(Object.entries(FAULTS))("%s in a stream of chunks: the same end", async (_, faults) => {
    const [plain, budgeted] = await both(
      streamedChat,
      faults.map((fault) => ({ ...fault, path: CHAT_PATH })),
    );
    expect(budgeted).toEqual(plain);
  });

  test("a request that the provider does not take: its own error", async () => {
    const [plain, budgeted] = await both(tooHot);
    expect(budgeted).toEqual(plain);
    expect(plain).toMatchObject({ kind: "BadRequestError", status: 400 });
  });

  test("the client is an OpenAI, and shows what it is set to", async () => {
    const { plain, client } = await startClient(SDK, { sdk: { timeout: 1234, maxRetries: 4 } });
    expect(client).toBeInstanceOf(SDK);
    const { baseURL, timeout, maxRetries } = client;
    expect({ baseURL, timeout, maxRetries }).toEqual({
      baseURL: plain.baseURL,
      timeout: 1234,
      maxRetries: 4,
    });
    const create = (): unknown => Reflect.get(client.responses, "create");
    expect(create()).toBe(create());
    expect(await errorOf(client.responses.create({ model: "none" } as never))).toBeInstanceOf(
      Error,
    );
  });
});
