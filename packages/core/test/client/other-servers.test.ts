/** Servers that speak the protocols in ways of their own: what they bill is never taken for less. */
import type { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import { PLAIN } from "../running-budget.ts";
import { SDKS, all, say, settled, startClient } from "./running-client.ts";

const [[, SDK]] = SDKS as [(typeof SDKS)[number]];
const CHAT = { model: PLAIN, messages: say("Hi") };
const LONG = "word ".repeat(800);

const delta = (more: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta: more, finish_reason: finish }],
});
const usage = (completion: number) => ({
  usage: { prompt_tokens: 10, completion_tokens: completion, total_tokens: 10 + completion },
});

async function charged(response: () => Response, call: (client: OpenAI) => Promise<unknown>) {
  const running = await startClient(SDK, { sdk: { fetch: async () => response() } });
  await call(running.client);
  const { lines } = await settled(running);
  expect(lines).toHaveLength(1);
  return { charge: lines[0]?.charge, ceiling: lines[0]?.ceiling };
}

const json = (body: object) => () => Response.json({ id: "one", model: PLAIN, ...body });

function chunks(...bodies: readonly object[]): () => Response {
  const events = bodies.map((body) => JSON.stringify({ id: "one", model: PLAIN, ...body }));
  const text = [...events, "[DONE]"].map((data) => `data: ${data}\n\n`).join("");
  return () => new Response(text, { headers: { "content-type": "text/event-stream" } });
}

const stream = async (client: OpenAI) =>
  all(await client.chat.completions.create({ ...CHAT, stream: true }));

describe("a completion", () => {
  test("that says first what was sent: its last usage counts", async () => {
    const early = chunks(
      { choices: [], ...usage(0) },
      delta({ content: LONG }),
      delta({}, "stop"),
      { choices: [], ...usage(800) },
    );
    const { charge } = await charged(early, stream);
    expect(charge).toMatchObject({ known: "reported", usage: { completionTokens: 800 } });
  });

  test("whose usage grows with each chunk: its last usage counts", async () => {
    const growing = chunks(
      { ...delta({ content: "word " }), ...usage(1) },
      { ...delta({ content: LONG }), ...usage(801) },
      { ...delta({}, "stop"), ...usage(802) },
    );
    const { charge } = await charged(growing, stream);
    expect(charge).toMatchObject({ known: "reported", usage: { completionTokens: 802 } });
  });

  test.each(["function_call", "reasoning_content"])(
    "without usage: what came as `%s` is counted as well",
    async (name) => {
      const call = name === "function_call" ? { name: "a", arguments: LONG } : LONG;
      const { charge } = await charged(
        chunks(delta({ role: "assistant", [name]: call }), delta({}, "stop")),
        stream,
      );
      expect(charge?.known).toBe("counted");
      expect(charge?.usage.completionTokens).toBeGreaterThanOrEqual(LONG.length);
    },
  );

  test("with neither choices nor usage is charged in full", async () => {
    const { charge, ceiling } = await charged(json({ choices: [] }), (client) =>
      client.chat.completions.create(CHAT),
    );
    expect(charge).toMatchObject({ known: "assumed", nano: ceiling });
  });
});

test.each(["in_progress", "queued"])("a response that is still %s is no answer", async (status) => {
  const { charge, ceiling } = await charged(
    json({ object: "response", status, output: [], usage: null }),
    (client) => client.responses.create({ model: PLAIN, input: "Hi" }),
  );
  expect(charge).toMatchObject({ known: "assumed", nano: ceiling });
});
