/** What of a request can be counted before it is sent; what can't is refused by its name. */
import type { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import { createBudget } from "../../src/index.ts";
import { LARGE_LIMITS, PLAIN, REASONING, books } from "../running-budget.ts";
import { SDKS, errorOf, expectInvoice, say, sentTo, startClient } from "./running-client.ts";

const [[, SDK]] = SDKS as [(typeof SDKS)[number]];

type Body = Readonly<Record<string, unknown>>;

const respond = (client: OpenAI, body: Body): Promise<unknown> =>
  client.responses.create({ model: REASONING, input: "Hi", ...body } as never);
const chat = (client: OpenAI, body: Body): Promise<unknown> =>
  client.chat.completions.create({ model: PLAIN, messages: say("Hi"), ...body } as never);
const embed = (client: OpenAI, body: Body): Promise<unknown> =>
  client.embeddings.create({ model: "text-embedding-3-small", input: "Hi", ...body } as never);

const image = { type: "image_url", image_url: { url: "https://example.org/a.png" } };

type Case = readonly [path: string, body: Body];

const REFUSED_RESPONSES: readonly Case[] = [
  ["background", { background: true }],
  ["prompt", { prompt: { id: "pmpt_1" } }],
  ["moderation", { moderation: {} }],
  ["context_management", { context_management: [{ type: "compaction" }] }],
  ["prompt_cache_retention", { prompt_cache_retention: "24h" }],
  ["prompt_cache_options.ttl", { prompt_cache_options: { ttl: "12h" } }],
  ["prompt_cache_options.prewarm", { prompt_cache_options: { prewarm: true } }],
  ["reasoning.mode", { reasoning: { mode: "pro" } }],
  ["reasoning.context", { reasoning: { context: "all_turns" } }],
  ["service_tier", { service_tier: "golden" }],
  ["max_output_tokens", { max_output_tokens: -1 }],
  ["max_output_tokens", { max_output_tokens: 1e99 }],
  ["max_output_tokens", { max_output_tokens: "100" }],
  ["stream", { stream: "yes" }],
  ["tools[0].type", { tools: [{ type: "web_search" }] }],
  ["tools[1].type", { tools: [{ type: "function", name: "a" }, { type: "file_search" }] }],
  ["tools[0].type", { tools: [{ type: "code_interpreter", container: { type: "auto" } }] }],
  ["tools[0].type", { tools: [{ type: "mcp", server_url: "https://example.org" }] }],
  ["tools[0].type", { tools: [{ type: "constructor" }] }],
  ["tools[0].type", { tools: ["function"] }],
  [
    "tools[0].allowed_callers",
    { tools: [{ type: "function", name: "a", allowed_callers: ["x"] }] },
  ],
  ["tools", { tools: {} }],
  [
    "input[0].content[1].type",
    {
      input: [
        { role: "user", content: [{ type: "input_text", text: "" }, { type: "input_image" }] },
      ],
    },
  ],
  ["input[0].content[0].type", { input: [{ role: "user", content: [{ type: "input_file" }] }] }],
  [
    "input[0].output[0].type",
    { input: [{ type: "function_call_output", call_id: "c", output: [{ type: "input_image" }] }] },
  ],
  ["input[0].type", { input: [{ type: "item_reference", id: "msg_1" }] }],
  // The API takes a reference without its type as well.
  ["input[0].type", { input: [{ id: "msg_1" }] }],
  ["input[0].type", { input: [{ type: null, id: "msg_1" }] }],
  ["input[0].content", { input: [{ type: "message", role: "user", id: "msg_1" }] }],
  ["input[0].type", { input: [{ type: "computer_call" }] }],
  ["input[0].type", { input: [{ type: "__proto__" }] }],
  ["input", { input: { role: "user" } }],
  ["a_field_to_come", { a_field_to_come: 1 }],
  ["__proto__", JSON.parse('{"__proto__": {"x": 1}}') as Body],
];

const REFUSED_CHAT: readonly Case[] = [
  ["n", { n: 2 }],
  ["modalities[1]", { modalities: ["text", "audio"] }],
  ["audio", { audio: { voice: "alloy", format: "mp3" } }],
  ["web_search_options", { web_search_options: {} }],
  ["prediction", { prediction: { type: "content", content: "x" } }],
  ["service_tier", { service_tier: "golden" }],
  ["max_tokens", { max_tokens: 1.5 }],
  ["tools[0].type", { tools: [{ type: "retrieval" }] }],
  ["messages[0].content[0].type", { messages: [{ role: "user", content: [image] }] }],
  ["messages[0].content[0].type", { messages: [{ role: "user", content: [{ type: "file" }] }] }],
  [
    "messages[0].content[0].type",
    { messages: [{ role: "user", content: [{ type: "input_audio" }] }] },
  ],
  ["messages[0].audio", { messages: [{ role: "assistant", audio: { id: "audio_1" } }] }],
  ["messages[0]", { messages: ["Hi"] }],
  ["extra_body", { extra_body: { n: 7 } }],
];

describe("refused by name, before anything is held or sent", () => {
  const cases = [
    ...REFUSED_RESPONSES.map(([path, body]) => ({ path, body, call: respond })),
    ...REFUSED_CHAT.map(([path, body]) => ({ path, body, call: chat })),
    { path: "image", body: { image: "x" }, call: embed },
  ];

  test.each(cases)("$path", async ({ path, body, call }) => {
    const running = await startClient(SDK);
    const error = await errorOf(call(running.client, body));
    expect(error).toMatchObject({ code: "call_not_metered", status: 501, expose: false });
    expect(String(error)).toContain(`\`${path}\``);
    expect(running.simulator.requests()).toEqual([]);
    expect(await books(running)).toEqual({ lines: [], invoice: [], held: 0 });
  });

  test("nothing of what a user wrote is in the error", async () => {
    const { client } = await startClient(SDK);
    const content = [{ type: "input_text", text: "my secret" }, { type: "secret kind" }];
    const error = await errorOf(respond(client, { input: [{ role: "user", content }] }));
    expect(JSON.stringify(error) + String(error)).not.toMatch(/secret/);
  });
});

describe("let through", () => {
  test("what has no effect on the price beyond its bytes", async () => {
    const running = await startClient(SDK);
    await respond(running.client, {
      instructions: "Be brief.",
      temperature: 0.5,
      top_p: 0.9,
      metadata: { order: "42" },
      prompt_cache_key: "shop",
      prompt_cache_options: { mode: "implicit", ttl: "30m" },
      reasoning: { effort: "low", summary: null, mode: null },
      parallel_tool_calls: false,
      background: false,
      previous_response_id: null,
      text: { verbosity: "low" },
      tools: [{ type: "function", name: "a", parameters: {}, strict: false, description: null }],
      input: [
        { role: "developer", content: "Be kind." },
        { role: "user", content: [{ type: "input_text", text: "Hi" }] },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello" }] },
        { type: "function_call", call_id: "c", name: "a", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: "1" },
      ],
    });
    await chat(running.client, {
      messages: [
        { role: "system", content: "Be kind." },
        { role: "user", content: [{ type: "text", text: "Hi" }] },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c", type: "function", function: { name: "a", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c", content: "1" },
      ],
      tools: [{ type: "function", function: { name: "a", parameters: {} } }],
      seed: 1,
      stop: ["x"],
      n: 1,
    });
    await embed(running.client, { input: [[1, 2, 3], [4]], dimensions: 2 });
    const { lines } = await expectInvoice(running);
    for (const { charge, ceiling } of lines) expect(charge.nano).toBeLessThanOrEqual(ceiling);
  });

  test("`store: false` stays; an app that keeps nothing at the provider says so for every call", async () => {
    const running = await startClient(SDK, { budget: { keepResponses: false } });
    await respond(running.client, {});
    await respond(running.client, { store: true });
    expect(sentTo(running).map(({ store }) => store)).toEqual([false, true]);
    const keeping = await startClient(SDK);
    await respond(keeping.client, {});
    await respond(keeping.client, { store: false });
    expect(sentTo(keeping).map(({ store }) => store)).toEqual([undefined, false]);
  });
});

const reasons = () => ({ reasoningTokens: 700, text: "Done." });

describe("what the provider adds by itself", () => {
  const LONG = { model: REASONING, input: "word ".repeat(2000), max_output_tokens: 64 } as const;

  test("an earlier response of this process: bounded by all that it used, and nobody is asked", async () => {
    const running = await startClient(SDK);
    const first = await running.client.responses.create(LONG);
    const second = await running.client.responses.create({
      ...LONG,
      input: "More",
      previous_response_id: first.id,
    });
    const { lines } = await expectInvoice(running);
    const { input_tokens: sent = 0 } = second.usage ?? {};
    expect(lines[1]?.facts.promptTokens).toBeGreaterThanOrEqual(sent);
    expect(lines[1]?.facts.promptTokens).toBeLessThan(sent + 1000);
    expect(running.simulator.requests().every(({ method }) => method === "POST")).toBe(true);
  });

  test("one of another process: the provider is asked", async () => {
    const running = await startClient(SDK);
    const first = await running.plain.responses.create(LONG);
    await running.client.responses.create({ ...LONG, previous_response_id: first.id });
    const [line] = await running.budget.lines();
    expect(line?.facts.promptTokens).toBeGreaterThan(first.usage?.total_tokens ?? Infinity);
    expect(running.simulator.requests().some(({ method }) => method === "GET")).toBe(true);
  });

  test("one of another model, which counts otherwise: counted by the provider", async () => {
    const running = await startClient(SDK);
    const first = await running.client.responses.create({ ...LONG, model: PLAIN });
    const next = { previous_response_id: first.id, max_output_tokens: 64 };
    await respond(running.client, { ...next, model: PLAIN });
    const counts = () =>
      running.simulator.requests().filter(({ path }) => path.endsWith("/input_tokens"));
    expect(counts()).toEqual([]);
    await respond(running.client, next);
    expect(counts().map(({ body }) => body)).toEqual([
      { model: REASONING, input: "Hi", previous_response_id: first.id },
    ]);
    await expectInvoice(running);
  });

  test("one of another model that the provider does not count is refused", async () => {
    const running = await startClient(SDK, {
      sdk: {
        fetch: (...[url, init]: Parameters<typeof fetch>) =>
          new Request(url).url.endsWith("/input_tokens")
            ? Promise.resolve(new Response("{}", { status: 404 }))
            : fetch(url, init),
      },
    });
    const first = await running.client.responses.create({ ...LONG, model: PLAIN });
    const error = await errorOf(respond(running.client, { previous_response_id: first.id }));
    expect(error).toMatchObject({ code: "call_not_metered" });
    expect(sentTo(running)).toHaveLength(1);
  });

  test("one that nobody knows is refused", async () => {
    const running = await startClient(SDK);
    const error = await errorOf(respond(running.client, { previous_response_id: "resp_none" }));
    expect(error).toMatchObject({ code: "call_not_metered" });
    expect(String(error)).toContain("`previous_response_id`");
    expect(sentTo(running)).toEqual([]);
  });

  test("a conversation: counted by the provider, whoever added to it", async () => {
    const running = await startClient(SDK);
    const { id } = await running.client.conversations.create({});
    await running.plain.responses.create({ ...LONG, conversation: id });
    const answer = await running.client.responses.create({
      model: REASONING,
      input: "More",
      conversation: id,
      stream: false,
    });
    const [line] = await running.budget.lines();
    expect(line?.facts.promptTokens).toBeGreaterThan(answer.usage?.input_tokens ?? Infinity);
    expect(line?.charge.known).toBe("reported");
  });

  test("a conversation that grows while money is waited for is counted anew", async () => {
    const running = await startClient(SDK, {
      simulator: { script: () => ({ text: "word ".repeat(3000) }) },
      // Room for one call at a time.
      budget: { limits: { user: "$0.0045/day" }, wait: "5s" },
    });
    const { id } = await running.client.conversations.create({});
    const call = { model: REASONING, input: "More", conversation: id, max_output_tokens: 8000 };
    await Promise.all([
      running.client.responses.create(call),
      running.client.responses.create(call),
    ]);
    const { lines } = await expectInvoice(running);
    expect(lines).toHaveLength(2);
    for (const { charge, facts } of lines)
      expect(facts.promptTokens).toBeGreaterThanOrEqual(charge.usage.promptTokens);
  });

  test("a conversation that the provider does not count is refused", async () => {
    const running = await startClient(SDK);
    const error = await errorOf(respond(running.client, { conversation: "conv_none" }));
    expect(error).toMatchObject({ code: "call_not_metered" });
    expect(String(error)).toContain("`conversation`");
    expect(sentTo(running)).toEqual([]);
  });

  test("reasoning that is sent back: as long as it was, or as long as it can be", async () => {
    const running = await startClient(SDK, { simulator: { script: reasons } });
    const include = ["reasoning.encrypted_content" as const];
    const { output } = await running.client.responses.create({
      ...LONG,
      include,
      max_output_tokens: 4000,
    });
    const input = [{ role: "user", content: "And?" }, ...output] as never;
    await running.client.responses.create({ ...LONG, input });
    // Another process has not seen the answer.
    const other = createBudget({
      client: running.plain,
      store: running.store,
      limits: LARGE_LIMITS,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    await other.for({ user: "bob" }).client.responses.create({ ...LONG, input });
    const [, known, unknown] = await running.budget.lines();
    expect(known?.facts.promptTokens).toBeGreaterThan(700);
    expect(known?.facts.promptTokens).toBeLessThan(3000);
    expect(unknown?.facts.promptTokens).toBeGreaterThan(128_000);
  });
});
