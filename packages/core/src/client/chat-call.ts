/** `POST /chat/completions`: what of it can be counted, and what its answer says. */
import { textField } from "../assistants/index.ts";
import { byteLength } from "../rules/index.ts";
import { chatAnswer, chatReader } from "./chat-answer.ts";
import { textContent } from "./content-parts.ts";
import { type MeteredCall, tierIn } from "./metered-call.ts";
import {
  type Check,
  type Fields,
  cap,
  checkFields,
  counted,
  each,
  isFields,
  listIn,
  numberIn,
  object,
  oneOf,
  refusedField,
} from "./request-fields.ts";
import { CHAT_TOOL } from "./tool-fields.ts";

const CONTENT = textContent("text", "refusal");

const message: Check = (value, path) => {
  if (!isFields(value)) throw refusedField(path, "it is no message");
  // What was said before as sound is read again from the provider's own copy.
  if (value["audio"] !== undefined && value["audio"] !== null)
    throw refusedField(`${path}.audio`, "only text can be counted before it is sent");
  CONTENT(value["content"] ?? "", `${path}.content`);
};

const ALLOWED: Readonly<Record<string, Check>> = {
  model: counted,
  messages: each(message),
  max_completion_tokens: cap,
  max_tokens: cap,
  stream: oneOf(true, false),
  stream_options: object({ include_usage: counted, include_obfuscation: counted }),
  n: oneOf(1),
  modalities: (value, path) => each(oneOf("text"))(value, path),
  temperature: counted,
  top_p: counted,
  frequency_penalty: counted,
  presence_penalty: counted,
  logit_bias: counted,
  logprobs: counted,
  top_logprobs: counted,
  stop: counted,
  seed: counted,
  metadata: counted,
  store: oneOf(true, false),
  response_format: counted,
  tools: each(CHAT_TOOL),
  tool_choice: counted,
  functions: counted,
  function_call: counted,
  parallel_tool_calls: counted,
  reasoning_effort: counted,
  verbosity: counted,
  service_tier: counted,
  prompt_cache_key: counted,
  prompt_cache_options: object({ mode: counted, ttl: oneOf("30m") }),
  safety_identifier: counted,
  user: counted,
};

/** @throws BudgetError `call_not_metered`, naming the field that can't be counted. */
export function chatCall(body: Fields): MeteredCall {
  checkFields(body, ALLOWED, "");
  const asked = body["stream_options"];
  const wantsUsage = isFields(asked) && asked["include_usage"] === true;
  const caps = [body["max_completion_tokens"], body["max_tokens"]].flatMap(
    (one) => numberIn(one) ?? [],
  );
  const fixed: Fields = {
    ...body,
    service_tier: body["service_tier"] ?? "default",
    // Without it a stream says nowhere what it cost.
    ...(body["stream"] === true
      ? { stream_options: { ...(isFields(asked) ? asked : {}), include_usage: true } }
      : {}),
  };
  const { metadata: _metadata, ...prompt } = fixed;
  return {
    model: textField(body, "model"),
    tier: tierIn(body["service_tier"]),
    weight: {
      bytes: byteLength(JSON.stringify(prompt)),
      items: listIn(body["messages"]).length,
      tools: listIn(body["tools"]).length + listIn(body["functions"]).length,
    },
    reasoning: [],
    cap: caps.length === 0 ? undefined : Math.min(...caps),
    // Nobody can be asked later how a completion ended.
    stored: false,
    body: (outputTokens) => ({ ...fixed, ...capFields(body, outputTokens) }),
    answered: chatAnswer,
    reader: () => chatReader(wantsUsage),
  };
}

/** In the caller's own word: models of before know only the older one. */
function capFields(body: Fields, outputTokens: number): Fields {
  const isOlder = numberIn(body["max_tokens"]) !== undefined;
  const isNewer = numberIn(body["max_completion_tokens"]) !== undefined;
  return {
    ...(isOlder ? { max_tokens: outputTokens } : {}),
    ...(isNewer || !isOlder ? { max_completion_tokens: outputTokens } : {}),
  };
}
