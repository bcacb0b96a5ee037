import { badRequest, type ApiError } from "../errors.ts";
import { newId } from "../ids.ts";
import { isList, isObject, show, type Json, type JsonObject } from "../json.ts";

export type ItemStatus = "in_progress" | "completed" | "incomplete";

/** A text part as the client sends it; it may end a stretch of prompt that is to be cached. */
export interface InputText {
  readonly type: "input_text";
  readonly text: string;
  readonly prompt_cache_breakpoint?: Json;
}

/** A text part as the model writes it. */
export interface OutputText {
  readonly type: "output_text";
  readonly text: string;
  readonly annotations: readonly Json[];
  readonly logprobs: readonly Json[];
}

/** What the model says when it declines. */
export interface Refusal {
  readonly type: "refusal";
  readonly refusal: string;
}

/** A message of the user, the developer, the system or the model. */
export interface MessageItem {
  readonly id: string;
  readonly type: "message";
  readonly role: "user" | "assistant" | "system" | "developer";
  readonly status: ItemStatus;
  readonly content: readonly (InputText | OutputText | Refusal)[];
}

/** A call of a function, as the model made it. */
export interface FunctionCallItem {
  readonly id: string;
  readonly type: "function_call";
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
  readonly status: ItemStatus;
}

/** What a function gave back. */
export interface FunctionCallOutputItem {
  readonly id: string;
  readonly type: "function_call_output";
  readonly call_id: string;
  readonly output: string | readonly InputText[];
  readonly status: ItemStatus;
}

/** The model's thinking, sealed: `encrypted_content` tells the server how many tokens it was. */
export interface ReasoningItem {
  readonly id: string;
  readonly type: "reasoning";
  readonly summary: readonly Json[];
  readonly encrypted_content: string;
  readonly status: ItemStatus;
}

/** One entry of a history as the model sees it. */
export type Item = MessageItem | FunctionCallItem | FunctionCallOutputItem | ReasoningItem;

/** What a model can answer with. */
export type OutputItem = MessageItem | FunctionCallItem | ReasoningItem;

/** Finds an item that the server holds, by its id. */
export type FindItem = (id: string) => Item | undefined;

const ROLES = ["user", "assistant", "system", "developer"] as const;
const STATUSES = ["in_progress", "completed", "incomplete"] as const;

export function textOf(parts: MessageItem["content"] | string): string {
  if (typeof parts === "string") return parts;
  return parts.map((part) => (part.type === "refusal" ? part.refusal : part.text)).join("");
}

function missing(param: string): ApiError {
  return badRequest(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}

function textField(item: JsonObject, key: string, param: string): string {
  const value = item[key];
  if (value === undefined) throw missing(`${param}.${key}`);
  if (typeof value === "string") return value;
  const message = `Invalid type for '${param}.${key}': expected a string.`;
  throw badRequest(message, `${param}.${key}`, "invalid_type");
}

function readPart(part: Json, param: string): InputText | OutputText | Refusal {
  const type = isObject(part) ? part["type"] : undefined;
  if (!isObject(part) || type === undefined) throw missing(`${param}.type`);
  if (type === "input_text" || type === "text") {
    const text = textField(part, "text", param);
    const mark = part["prompt_cache_breakpoint"];
    const plain: InputText = { type: "input_text", text };
    return mark === undefined ? plain : { ...plain, prompt_cache_breakpoint: mark };
  }
  if (type === "output_text") {
    return { type, text: textField(part, "text", param), annotations: [], logprobs: [] };
  }
  if (type === "refusal") return { type, refusal: textField(part, "refusal", param) };
  const message = `Invalid value: '${show(type)}'. Supported values are: 'input_text', 'output_text', and 'refusal'.`;
  throw badRequest(message, `${param}.type`, "invalid_value");
}

function readContent(item: JsonObject, role: string, param: string): MessageItem["content"] {
  const content = item["content"];
  if (typeof content === "string") {
    if (role !== "assistant") return [{ type: "input_text", text: content }];
    return [{ type: "output_text", text: content, annotations: [], logprobs: [] }];
  }
  if (!isList(content)) throw missing(`${param}.content`);
  return content.map((part, index) => readPart(part, `${param}.content[${index}]`));
}

function statusOf(item: JsonObject): ItemStatus {
  return STATUSES.find((status) => status === item["status"]) ?? "completed";
}

function readMessage(item: JsonObject, id: string, param: string): MessageItem {
  const role = ROLES.find((known) => known === item["role"]);
  if (role === undefined) {
    const message = `Invalid value: '${show(item["role"])}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`;
    throw badRequest(message, `${param}.role`, "invalid_value");
  }
  const content = readContent(item, role, param);
  return { id, type: "message", role, status: statusOf(item), content };
}

function readOutput(item: JsonObject, param: string): string | readonly InputText[] {
  const output = item["output"];
  if (!isList(output)) return textField(item, "output", param);
  return output.map((entry, index) => {
    const part = readPart(entry, `${param}.output[${index}]`);
    if (part.type === "input_text") return part;
    const message = `Invalid value: '${part.type}'. Supported values are: 'input_text'.`;
    throw badRequest(message, `${param}.output[${index}].type`, "invalid_value");
  });
}

function heldItem(id: string, find: FindItem): Item {
  const held = find(id);
  if (held !== undefined) return held;
  const message = `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`;
  throw badRequest(message, "input");
}

function readReasoning(item: JsonObject, id: string, find: FindItem): Item {
  const sealed = item["encrypted_content"];
  if (typeof sealed !== "string") return heldItem(id, find);
  const summary = item["summary"];
  return {
    id,
    type: "reasoning",
    summary: isList(summary) ? summary : [],
    encrypted_content: sealed,
    status: statusOf(item),
  };
}

const ITEM_PREFIX: Readonly<Record<Item["type"], string>> = {
  message: "msg",
  function_call: "fc",
  function_call_output: "fco",
  reasoning: "rs",
};

function readItem(item: Json, param: string, find: FindItem): Item {
  if (!isObject(item)) {
    throw badRequest(`Invalid type for '${param}': expected an object.`, param, "invalid_type");
  }
  const type = item["type"] ?? (item["role"] === undefined ? undefined : "message");
  const given = item["id"];
  const idOr = (prefix: Item["type"]): string =>
    typeof given === "string" && given !== "" ? given : newId(ITEM_PREFIX[prefix]);
  const status = statusOf(item);
  const kind = show(type);
  switch (kind) {
    case "message":
      return readMessage(item, idOr(kind), param);
    case "function_call": {
      const call_id = textField(item, "call_id", param);
      const name = textField(item, "name", param);
      const args = textField(item, "arguments", param);
      return { id: idOr(kind), type: kind, call_id, name, arguments: args, status };
    }
    case "function_call_output": {
      const call_id = textField(item, "call_id", param);
      return { id: idOr(kind), type: kind, call_id, output: readOutput(item, param), status };
    }
    case "reasoning":
      return readReasoning(item, idOr(kind), find);
    case "item_reference":
      return heldItem(textField(item, "id", param), find);
    default: {
      const message = `Invalid value: '${kind}'. Supported values are: 'message', 'function_call', 'function_call_output', 'reasoning', and 'item_reference'.`;
      throw badRequest(message, `${param}.type`, "invalid_value");
    }
  }
}

/** Reads `input` (or the items of a conversation): a string is one message of the user. */
export function readItems(input: Json | undefined, param: string, find: FindItem): Item[] {
  if (typeof input === "string") {
    const content: InputText[] = [{ type: "input_text", text: input }];
    return [{ id: newId("msg"), type: "message", role: "user", status: "completed", content }];
  }
  if (isList(input)) {
    return input.map((item, index) => readItem(item, `${param}[${index}]`, find));
  }
  if (input === undefined || input === null) return [];
  const message = `Invalid type for '${param}': expected one of an array of objects or a string.`;
  throw badRequest(message, param, "invalid_type");
}

/** Refuses a history in which a call and its output do not come in pairs. */
export function checkPairs(items: readonly Item[]): void {
  const open = new Set<string>();
  const called = new Set<string>();
  for (const item of items) {
    if (item.type === "function_call") {
      open.add(item.call_id);
      called.add(item.call_id);
    } else if (item.type === "function_call_output") {
      if (!called.has(item.call_id)) {
        const message = `No tool call found for function call output with call_id ${item.call_id}.`;
        throw badRequest(message, "input");
      }
      open.delete(item.call_id);
    }
  }
  const [first] = open;
  if (first !== undefined) {
    throw badRequest(`No tool output found for function call ${first}.`, "input");
  }
}
