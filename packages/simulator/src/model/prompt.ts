import { isList, isObject, show, type Json, type JsonObject } from "../json.ts";
import { textOf, type Item } from "./items.ts";
import { sealedTokens } from "./sealed-reasoning.ts";
import { countTokens, encodeText } from "./tokens.ts";
import type { FunctionTool } from "./tools.ts";

/** What the model is sent, as tokens: as many entries as the request has input tokens. */
export interface Prompt {
  readonly tokens: readonly number[];
  /** Where the last explicit cache breakpoint stands, 0 without one. */
  readonly breakpoint: number;
}

interface PromptParts {
  readonly instructions: string | null;
  readonly tools: readonly FunctionTool[];
  readonly format: JsonObject | undefined;
  readonly items: readonly Item[];
}

// Overheads as the OpenAI cookbook measures them; markers are negative, as no token is.
const MESSAGE_START: readonly number[] = [-1, -2, -3];
const REPLY_PRIMER: readonly number[] = [-4, -5, -6];
const CALL_START: readonly number[] = [-7, -8, -9, -10];
const OUTPUT_START: readonly number[] = [-11, -12, -13, -14];
const TOKENS_PER_TOOL = 7;
const TOKENS_PER_PROPERTY = 3;
const TOKENS_FOR_ALL_TOOLS = 12;

const NESTED = ["properties", "items", "anyOf", "oneOf", "allOf", "$ref"];

function countEnum(values: readonly Json[]): number {
  const counts = values.map((value) => TOKENS_PER_PROPERTY + countTokens(show(value)));
  return counts.reduce((sum, count) => sum + count, -TOKENS_PER_PROPERTY);
}

function countProperty(key: string, schema: Json | undefined): number {
  if (!isObject(schema) || NESTED.some((name) => name in schema)) {
    return TOKENS_PER_PROPERTY + countTokens(JSON.stringify({ [key]: schema }));
  }
  const { type, description, enum: values } = schema;
  const line = `${key}:${show(type ?? "")}:${typeof description === "string" ? description : ""}`;
  return TOKENS_PER_PROPERTY + countTokens(line) + (isList(values) ? countEnum(values) : 0);
}

/** The cookbook's count of one function, never more than the bytes that describe it. */
export function countTool(tool: FunctionTool): number {
  const properties = tool.parameters["properties"];
  const entries = isObject(properties) ? Object.entries(properties) : [];
  const inside = entries.reduce((sum, [key, schema]) => sum + countProperty(key, schema), 0);
  const count =
    TOKENS_PER_TOOL +
    countTokens(`${tool.name}:${tool.description}`) +
    (entries.length > 0 ? TOKENS_PER_PROPERTY + inside : 0);
  return Math.min(count, Buffer.byteLength(JSON.stringify(tool.raw)));
}

/** A tool's place in the prompt: equal tools give equal entries, so they share a cached prefix. */
function toolEntries(tool: FunctionTool): number[] {
  let hash = 0;
  for (const code of JSON.stringify(tool.raw)) {
    hash = (Math.imul(hash, 31) + (code.codePointAt(0) ?? 0)) | 0;
  }
  return Array.from({ length: countTool(tool) }, () => -100 - Math.abs(hash));
}

function itemEntries(item: Item): number[] {
  if (item.type === "message") {
    return [...MESSAGE_START, ...encodeText(item.role), ...encodeText(textOf(item.content))];
  }
  if (item.type === "function_call") {
    return [...CALL_START, ...encodeText(item.name), ...encodeText(item.arguments)];
  }
  if (item.type === "function_call_output") {
    return [...OUTPUT_START, ...encodeText(textOf(item.output))];
  }
  return Array.from({ length: sealedTokens(item.encrypted_content) }, () => -15);
}

function hasBreakpoint(item: Item): boolean {
  const parts = item.type === "message" ? item.content : [];
  return parts.some((part) => part.type === "input_text" && part.prompt_cache_breakpoint != null);
}

export function buildPrompt({ instructions, tools, format, items }: PromptParts): Prompt {
  const head = tools.flatMap(toolEntries);
  if (tools.length > 0) head.push(...Array.from({ length: TOKENS_FOR_ALL_TOOLS }, () => -16));
  if (format?.["type"] === "json_schema") head.push(...encodeText(JSON.stringify(format)));
  const start =
    instructions === null
      ? []
      : [[...MESSAGE_START, ...encodeText("system"), ...encodeText(instructions)]];
  const pieces = [head, ...start, ...items.map(itemEntries)];
  const tokens = [...pieces, [...REPLY_PRIMER]].flat();
  const last = items.findLastIndex(hasBreakpoint);
  const marked = last < 0 ? [] : pieces.slice(0, pieces.length - items.length + last + 1);
  return { tokens, breakpoint: marked.reduce((sum, piece) => sum + piece.length, 0) };
}
