/** `POST /responses`: what of it can be counted, and what its answer says. */
import { type Answered, type Seen, answered, readEvent, textField } from "../assistants/index.ts";
import { byteLength } from "../rules/index.ts";
import { textContent } from "./content-parts.ts";
import { type MeteredCall, type StreamReader, tierIn } from "./metered-call.ts";
import {
  type Check,
  type Fields,
  cap,
  checkFields,
  counted,
  each,
  isFields,
  jsonIn,
  listIn,
  numberIn,
  object,
  oneOf,
  refusedField,
} from "./request-fields.ts";
import { RESPONSES_TOOL } from "./tool-fields.ts";

const CONTENT = textContent("input_text", "output_text", "refusal");

/** What an input item of each type may hold. */
const ITEMS: Readonly<Record<string, Check>> = {
  message: (item, path) => CONTENT(fieldOf(item, "content"), `${path}.content`),
  function_call: counted,
  function_call_output: (item, path) => CONTENT(fieldOf(item, "output") ?? "", `${path}.output`),
  custom_tool_call: counted,
  custom_tool_call_output: (item, path) => CONTENT(fieldOf(item, "output") ?? "", `${path}.output`),
  reasoning: counted,
};

const inputItem: Check = (item, path) => {
  // Without either it is a reference to something that the provider keeps.
  const type = textField(item, "type") || (textField(item, "role") ? "message" : "");
  const check = Object.hasOwn(ITEMS, type) ? ITEMS[type] : undefined;
  if (!check) throw refusedField(`${path}.type`, "only messages and the app's own tools are known");
  check(item, path);
};

const ALLOWED: Readonly<Record<string, Check>> = {
  model: counted,
  input: (value, path) => {
    if (typeof value !== "string") each(inputItem)(value, path);
  },
  instructions: counted,
  max_output_tokens: cap,
  max_tool_calls: counted,
  stream: oneOf(true, false),
  stream_options: object({ include_obfuscation: counted }),
  background: oneOf(false),
  temperature: counted,
  top_p: counted,
  top_logprobs: counted,
  metadata: counted,
  store: oneOf(true, false),
  include: counted,
  text: object({ format: counted, verbosity: counted }),
  tools: each(RESPONSES_TOOL),
  tool_choice: counted,
  parallel_tool_calls: counted,
  reasoning: object({
    effort: counted,
    summary: counted,
    generate_summary: counted,
    mode: oneOf("standard"),
    context: oneOf("auto", "current_turn"),
  }),
  service_tier: counted,
  previous_response_id: counted,
  conversation: counted,
  prompt_cache_key: counted,
  prompt_cache_options: object({ mode: counted, ttl: oneOf("30m") }),
  safety_identifier: counted,
  user: counted,
  truncation: counted,
};

/** Decides how many tokens are sent where the provider adds what it keeps. */
const COUNTED_BY_PROVIDER = [
  "conversation",
  "input",
  "instructions",
  "model",
  "parallel_tool_calls",
  "previous_response_id",
  "reasoning",
  "text",
  "tool_choice",
  "tools",
  "truncation",
] as const;

/** @throws BudgetError `call_not_metered`, naming the field that can't be counted. */
export function responsesCall(body: Fields, { stored }: { readonly stored: boolean }): MeteredCall {
  checkFields(body, ALLOWED, "");
  const input = listIn(body["input"]);
  const isStored = body["store"] === undefined || body["store"] === null ? stored : body["store"];
  const tier = tierIn(body["service_tier"]);
  const fixed: Fields = {
    ...body,
    service_tier: body["service_tier"] ?? "default",
    // Left to the provider unless the app wants nothing kept there.
    ...(isStored === false ? { store: false } : {}),
  };
  // Kept beside the request, not read by the model.
  const { metadata: _metadata, ...prompt } = fixed;
  return {
    model: textField(body, "model"),
    tier,
    weight: {
      bytes: byteLength(JSON.stringify(prompt)),
      items: Math.max(1, input.length),
      tools: listIn(body["tools"]).length,
    },
    ...historyOf(body),
    reasoning: input.flatMap((item) =>
      fieldOf(item, "type") === "reasoning" ? [textField(item, "id") || undefined] : [],
    ),
    cap: numberIn(body["max_output_tokens"]),
    stored: isStored !== false,
    body: (outputTokens) => ({ ...fixed, max_output_tokens: outputTokens }),
    answered: (response) => wholeAnswer(response),
    reader,
  };
}

function historyOf(body: Fields): Pick<MeteredCall, "history"> {
  const previous = textField(body, "previous_response_id");
  const isConversation = body["conversation"] !== undefined && body["conversation"] !== null;
  if (!previous && !isConversation) return {};
  const entries = COUNTED_BY_PROVIDER.filter((name) => name in body);
  const asked = Object.fromEntries(entries.map((name) => [name, body[name]]));
  return { history: { counted: asked, ...(previous ? { previous } : {}) } };
}

function wholeAnswer(response: unknown): Answered | undefined {
  if (fieldOf(response, "object") !== "response" && fieldOf(response, "output") === undefined)
    return undefined;
  const status = fieldOf(response, "status");
  if (status === "in_progress" || status === "queued") return undefined;
  return safely(() => answered(asResponse(response), []));
}

function reader(): StreamReader {
  const seen: Seen = { items: [], text: "" };
  let created: string | undefined;
  const on = { created: (id: string) => void (created = id), text: () => undefined };
  return {
    read: ({ bytes, event, data }) => {
      created = undefined;
      const said = jsonIn(data);
      const answer = safely(() => readEvent(asEvent(said), seen, on));
      const isFailure = event === "error" || fieldOf(said, "type") === "error";
      return {
        pass: bytes,
        ...(answer ? { answer } : {}),
        ...(isFailure ? { failed: true } : {}),
        ...(created === undefined ? {} : { created }),
      };
    },
    ended: () => undefined,
  };
}

/** What comes over the wire may be anything: an event that can't be read says nothing. */
function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return isFields(value) ? value[name] : undefined;
}

function asEvent(said: unknown): Parameters<typeof readEvent>[0] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read inside safely(), field by field
  return said as Parameters<typeof readEvent>[0];
}

function asResponse(said: unknown): Parameters<typeof answered>[0] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read inside safely(), field by field
  return said as Parameters<typeof answered>[0];
}
