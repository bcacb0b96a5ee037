import { badRequest } from "../errors.ts";
import { isList, isObject, show, type Json, type JsonObject } from "../json.ts";

/** What a chat completion takes as it is, and what it is called in a request for a response. */
const SAME = [
  "model",
  "temperature",
  "top_p",
  "parallel_tool_calls",
  "service_tier",
  "metadata",
  "prompt_cache_key",
  "prompt_cache_options",
  "stream",
  "safety_identifier",
  "user",
] as const;

/** Taken, and without effect on what is billed here. */
const TAKEN: ReadonlySet<string> = new Set([
  ...SAME,
  "frequency_penalty",
  "logit_bias",
  "logprobs",
  "max_completion_tokens",
  "max_tokens",
  "messages",
  "n",
  "presence_penalty",
  "reasoning_effort",
  "response_format",
  "seed",
  "stop",
  "store",
  "stream_options",
  "tool_choice",
  "tools",
  "top_logprobs",
  "verbosity",
]);

/** A chat completion's body as a request for a response. */
export function responseBody(body: JsonObject): JsonObject {
  const unknown = Object.keys(body).find((name) => !TAKEN.has(name));
  if (unknown !== undefined)
    throw badRequest(`Unrecognized request argument supplied: ${unknown}`, null);
  if (body["n"] !== undefined && body["n"] !== null && body["n"] !== 1)
    throw badRequest("Invalid value for 'n': this server gives one choice.", "n");
  const { messages, tools, tool_choice: choice, response_format: format } = body;
  if (!isList(messages) || messages.length === 0)
    throw badRequest("Missing required parameter: 'messages'.", "messages");
  const same = SAME.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]);
  const cap = body["max_completion_tokens"] ?? body["max_tokens"];
  return {
    ...Object.fromEntries(same),
    input: messages.flatMap(itemsOf),
    store: false,
    ...(cap === undefined ? {} : { max_output_tokens: cap }),
    ...(isList(tools) ? { tools: tools.map(toolOf) } : {}),
    ...(choice === undefined ? {} : { tool_choice: choiceOf(choice) }),
    ...(isObject(format) ? { text: { format: formatOf(format) } } : {}),
  };
}

function itemsOf(message: Json): readonly Json[] {
  if (!isObject(message)) throw badRequest("Invalid type for 'messages'.", "messages");
  const { role, content, tool_calls: calls, tool_call_id } = message;
  if (role === "tool")
    return [{ type: "function_call_output", call_id: tool_call_id ?? "", output: textOf(content) }];
  const text = textOf(content);
  const said = text === "" && isList(calls) ? [] : [{ role: role ?? "user", content: text }];
  return [...said, ...(isList(calls) ? calls.map(callOf) : [])];
}

function textOf(content: Json | undefined): string {
  if (typeof content === "string") return content;
  const parts = isList(content) ? content : [];
  return parts.map((part) => (isObject(part) ? show(part["text"] ?? "") : "")).join("");
}

function callOf(call: Json): Json {
  const { id, function: made } = isObject(call) ? call : {};
  const { name = "", arguments: given = "" } = isObject(made) ? made : {};
  return { type: "function_call", call_id: id ?? "", name, arguments: given };
}

function toolOf(tool: Json): Json {
  if (!isObject(tool) || !isObject(tool["function"])) return tool;
  return { ...tool["function"], type: "function" };
}

function choiceOf(choice: Json): Json {
  if (!isObject(choice) || !isObject(choice["function"])) return choice;
  return { type: "function", name: choice["function"]["name"] };
}

function formatOf(format: JsonObject): Json {
  const schema = format["json_schema"];
  return isObject(schema) ? { ...schema, type: "json_schema" } : format;
}
