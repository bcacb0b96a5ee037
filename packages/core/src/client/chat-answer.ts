/** What a chat completion, whole or streamed, says of how it ended and what it used. */
import { type Answered, textField } from "../assistants/index.ts";
import type { EventReading, StreamReader } from "./metered-call.ts";
import { type Fields, isFields, jsonIn, listIn } from "./request-fields.ts";

/** A whole completion. */
export function chatAnswer(body: unknown): Answered | undefined {
  if (!isFields(body) || !Array.isArray(body["choices"])) return undefined;
  const [choice] = listIn(body["choices"]);
  if (!isFields(choice) && !isFields(body["usage"])) return undefined;
  const message = isFields(choice) ? choice["message"] : undefined;
  return answerOf(body, {
    text: isFields(message) ? JSON.stringify(message) : "",
    finish: isFields(choice) ? textField(choice, "finish_reason") : "",
    usage: body["usage"],
  });
}

interface Shown {
  readonly text: string;
  readonly finish: string;
  readonly usage: unknown;
}

function answerOf(body: Fields, { text, finish, usage }: Shown): Answered {
  const responseId = textField(body, "id");
  const tier = textField(body, "service_tier");
  return {
    kind: "answered",
    ...(responseId === "" ? {} : { responseId }),
    status: finish === "length" || finish === "content_filter" ? "incomplete" : "completed",
    output: text === "" ? [] : [{ type: "message", role: "assistant", content: text }],
    usage: usageOf(usage),
    model: textField(body, "model"),
    tier: tier === "" ? undefined : tier,
  };
}

/** In the words of the Responses API, in which usage is read. */
function usageOf(usage: unknown): unknown {
  if (!isFields(usage)) return undefined;
  return {
    input_tokens: usage["prompt_tokens"],
    output_tokens: usage["completion_tokens"],
    total_tokens: usage["total_tokens"],
    input_tokens_details: usage["prompt_tokens_details"],
    output_tokens_details: usage["completion_tokens_details"],
  };
}

const DONE = "[DONE]";

/** Reads chunks; what only we asked for is not handed on. */
export function chatReader(wantsUsage: boolean): StreamReader {
  let first: Fields | undefined;
  let model = "";
  let tier: unknown;
  let finish = "";
  let text = "";
  let usage: unknown;

  function answer(): Answered | undefined {
    // An end without a reason is a stream that broke off in good order.
    if (!first || (finish === "" && usage === undefined)) return undefined;
    return answerOf({ ...first, model, service_tier: tier }, { text, finish, usage });
  }

  function hear(chunk: Fields): void {
    first ??= chunk;
    model = textField(chunk, "model") || model;
    tier = chunk["service_tier"] ?? tier;
    usage = chunk["usage"] ?? usage;
    const [choice] = listIn(chunk["choices"]);
    if (!isFields(choice)) return;
    finish = textField(choice, "finish_reason") || finish;
    if (isFields(choice["delta"])) text += deltaText(choice["delta"]);
  }

  return {
    read: ({ bytes, event, data }): EventReading => {
      if (data === DONE) {
        const answered = answer();
        return { pass: bytes, ...(answered ? { answer: answered } : {}) };
      }
      const chunk = jsonIn(data);
      if (!isFields(chunk)) return { pass: bytes };
      if (event === "error" || isFields(chunk["error"])) return { pass: bytes, failed: true };
      hear(chunk);
      const isUsageOnly = listIn(chunk["choices"]).length === 0 && isFields(chunk["usage"]);
      // Some servers say first what was sent: nothing has been answered then.
      const answered = isUsageOnly && finish !== "" ? answer() : undefined;
      const said = answered ? { answer: answered } : {};
      if (wantsUsage) return { pass: bytes, ...said };
      if (isUsageOnly) return said;
      // Asked for it, the provider says null in all the other chunks.
      if (chunk["usage"] !== null) return { pass: bytes };
      const { usage: _, ...rest } = chunk;
      return { pass: blockBytes(event, rest) };
    },
    ended: answer,
  };
}

function blockBytes(event: string | undefined, chunk: Fields): Uint8Array<ArrayBuffer> {
  const name = event === undefined ? "" : `event: ${event}\n`;
  return new TextEncoder().encode(`${name}data: ${JSON.stringify(chunk)}\n\n`);
}

/** What a delta brings: its text, or as JSON whatever else it is, such as calls. */
function deltaText({ role: _role, ...brought }: Fields): string {
  return Object.values(brought)
    .filter((one) => one !== undefined && one !== null)
    .map((one) => (typeof one === "string" ? one : JSON.stringify(one)))
    .join("");
}
