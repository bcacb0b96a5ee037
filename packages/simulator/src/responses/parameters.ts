import { badRequest } from "../errors.ts";
import { isList, isObject, nameOfType, show, type Json, type JsonObject } from "../json.ts";

type Check = (value: Json, name: string) => void;

interface Kind {
  readonly label: string;
  readonly test: (value: Json) => boolean;
}

function ofKind({ label, test }: Kind): Check {
  return (value, name) => {
    if (test(value)) return;
    const message = `Invalid type for '${name}': expected ${label}, but got ${nameOfType(value)} instead.`;
    throw badRequest(message, name, "invalid_type");
  };
}

const aString = ofKind({ label: "a string", test: (value) => typeof value === "string" });
const aBoolean = ofKind({ label: "a boolean", test: (value) => typeof value === "boolean" });
const anInteger = ofKind({ label: "an integer", test: (value) => Number.isInteger(value) });
const aDecimal = ofKind({ label: "a decimal", test: (value) => typeof value === "number" });
const anObject = ofKind({ label: "an object", test: isObject });
const anArray = ofKind({ label: "an array", test: isList });
const aStringOrList = ofKind({
  label: "one of an array of objects or a string",
  test: (value) => typeof value === "string" || isList(value),
});
const aStringOrObject = ofKind({
  label: "one of an object or a string",
  test: (value) => typeof value === "string" || isObject(value),
});

function between(check: Check, least: number, most: number): Check {
  return (value, name) => {
    check(value, name);
    const number = Number(value);
    const kind = check === anInteger ? "integer" : "decimal";
    if (number < least) {
      const message = `Invalid '${name}': ${kind} below minimum value. Expected a value >= ${least}, but got ${number} instead.`;
      throw badRequest(message, name, `${kind}_below_min_value`);
    }
    if (number > most) {
      const message = `Invalid '${name}': ${kind} above maximum value. Expected a value <= ${most}, but got ${number} instead.`;
      throw badRequest(message, name, `${kind}_above_max_value`);
    }
  };
}

function oneOf(...values: readonly string[]): Check {
  return (value, name) => {
    if (typeof value === "string" && values.includes(value)) return;
    const list = values.map((known) => `'${known}'`).join(", ");
    const message = `Invalid value: '${show(value)}'. Supported values are: ${list}.`;
    throw badRequest(message, name, "invalid_value");
  };
}

function atMost(length: number): Check {
  return (value, name) => {
    aString(value, name);
    checkLength(show(value), name, length);
  };
}

function checkLength(text: string, name: string, most: number): void {
  if (text.length <= most) return;
  const message = `Invalid '${name}': string too long. Expected a string with maximum length ${most}, but got a string with length ${text.length} instead.`;
  throw badRequest(message, name, "string_above_max_length");
}

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

const reasoning: Check = (value, name) => {
  anObject(value, name);
  const effort = isObject(value) ? value["effort"] : undefined;
  if (effort !== undefined && effort !== null) oneOf(...EFFORTS)(effort, `${name}.effort`);
};

const cacheOptions: Check = (value, name) => {
  anObject(value, name);
  if (!isObject(value)) return;
  const { mode, ttl } = value;
  if (mode !== undefined) oneOf("implicit", "explicit")(mode, `${name}.mode`);
  if (ttl !== undefined) oneOf("30m", "12h")(ttl, `${name}.ttl`);
};

const CREATE: Readonly<Record<string, Check>> = {
  access_programs: anObject,
  background: aBoolean,
  context_management: anArray,
  conversation: aStringOrObject,
  image: anObject,
  include: anArray,
  input: aStringOrList,
  instructions: aString,
  max_output_tokens: between(anInteger, 16, Number.MAX_SAFE_INTEGER),
  max_tool_calls: between(anInteger, 1, Number.MAX_SAFE_INTEGER),
  metadata: readMetadata,
  model: aString,
  moderation: anObject,
  parallel_tool_calls: aBoolean,
  previous_response_id: aString,
  prompt: anObject,
  prompt_cache_key: aString,
  prompt_cache_options: cacheOptions,
  prompt_cache_retention: oneOf("in_memory", "24h"),
  reasoning,
  safety_identifier: atMost(128),
  service_tier: oneOf("auto", "default", "flex", "scale", "priority", "fast", "ultrafast"),
  store: aBoolean,
  stream: aBoolean,
  stream_options: anObject,
  temperature: between(aDecimal, 0, 2),
  text: anObject,
  tool_choice: aStringOrObject,
  tools: anArray,
  top_logprobs: between(anInteger, 0, 20),
  top_p: between(aDecimal, 0, 1),
  truncation: oneOf("auto", "disabled"),
  user: aString,
};

const COUNTED: ReadonlySet<string> = new Set([
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
]);
const COUNT: Readonly<Record<string, Check>> = {
  ...Object.fromEntries(Object.entries(CREATE).filter(([name]) => COUNTED.has(name))),
  personality: atMost(64),
};

function checkFields(body: JsonObject, checks: Readonly<Record<string, Check>>): void {
  for (const [name, value] of Object.entries(body)) {
    if (!Object.hasOwn(checks, name)) {
      throw badRequest(`Unknown parameter: '${name}'.`, name, "unknown_parameter");
    }
    if (value !== null && value !== undefined) checks[name]?.(value, name);
  }
}

/** Checks each field of a request for a response by itself. */
export function checkCreate(body: JsonObject): void {
  checkFields(body, CREATE);
}

/** Checks each field of a request for a token count by itself. */
export function checkCount(body: JsonObject): void {
  checkFields(body, COUNT);
}

/** Reads `metadata`: at most 16 pairs, keys of at most 64 and values of at most 512 characters. */
export function readMetadata(
  value: Json | undefined,
  name = "metadata",
): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  anObject(value, name);
  const entries = Object.entries(isObject(value) ? value : {});
  if (entries.length > 16) {
    const message = `Invalid '${name}': too many properties. Expected an object with at most 16 properties, but got an object with ${entries.length} properties instead.`;
    throw badRequest(message, name, "object_above_max_properties");
  }
  const pairs = entries.map(([key, entry = null]) => {
    checkLength(key, `${name} key`, 64);
    atMost(512)(entry, `${name}.${key}`);
    return [key, show(entry)] as const;
  });
  return Object.fromEntries(pairs);
}
