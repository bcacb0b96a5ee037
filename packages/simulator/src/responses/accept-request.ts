import type { Conversation, ConversationStore } from "../conversations/conversation-store.ts";
import { ApiError, badRequest } from "../errors.ts";
import { findFault, type Fault } from "../faults/faults.ts";
import { newId, nowInSeconds } from "../ids.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { checkPairs, readItems, type Item } from "../model/items.ts";
import type { ModelCatalog } from "../model/model-catalog.ts";
import { buildPrompt, type Prompt } from "../model/prompt.ts";
import { readToolChoice, readTools, type FunctionTool } from "../model/tools.ts";
import type { ModelPrice, ServiceTier } from "../pricing.ts";
import type { AcceptedRequest } from "./accepted-request.ts";
import { readMetadata } from "./parameters.ts";
import type { ResponseStore } from "./response-store.ts";
import { readServiceTier } from "./service-tier.ts";

/** What the server holds that a request can refer to. */
export interface Holdings {
  readonly models: ModelCatalog;
  readonly responses: ResponseStore;
  readonly conversations: ConversationStore;
}

/** What the model would be sent for a body. */
interface Context {
  readonly instructions: string | null;
  readonly tools: readonly FunctionTool[];
  readonly newItems: readonly Item[];
  readonly items: readonly Item[];
  readonly conversation: Conversation | undefined;
  readonly prompt: Prompt;
}

function readConversation(value: Json | undefined, held: Holdings): Conversation | undefined {
  if (value === undefined || value === null) return undefined;
  const id = isObject(value) ? value["id"] : value;
  if (typeof id === "string") return held.conversations.get(id);
  throw badRequest("Missing required parameter: 'conversation.id'.", "conversation");
}

function previousItems(id: Json | undefined, held: Holdings): readonly Item[] {
  if (typeof id !== "string") return [];
  const previous = held.responses.find(id);
  const { status, output } = previous?.generation.progress() ?? {};
  if (previous === undefined || (status !== "completed" && status !== "incomplete")) {
    const message = `Previous response with id '${id}' not found.`;
    throw badRequest(message, "previous_response_id", "previous_response_not_found");
  }
  return [...previous.request.items, ...(output ?? [])];
}

/** Reads everything that becomes input tokens, the history that the server holds included. */
export function readContext(body: JsonObject, held: Holdings): Context {
  const conversation = readConversation(body["conversation"], held);
  const previous = previousItems(body["previous_response_id"], held);
  if (conversation !== undefined && typeof body["previous_response_id"] === "string") {
    const message =
      "Mutually exclusive parameters provided: 'previous_response_id' and 'conversation'.";
    throw badRequest(message, "conversation", "mutually_exclusive_parameters");
  }
  const tools = readTools(body["tools"]);
  const findItem = (id: string): Item | undefined =>
    conversation?.items.find((item) => item.id === id) ?? held.responses.findItem(id);
  const newItems = readItems(body["input"], "input", findItem);
  const items = [...previous, ...(conversation?.items ?? []), ...newItems];
  if (items.length === 0) {
    const message =
      "Missing required parameter: one of 'input', 'previous_response_id', or 'conversation' must be provided.";
    throw badRequest(message, "input", "missing_required_parameter");
  }
  checkPairs(items);
  const instructions = typeof body["instructions"] === "string" ? body["instructions"] : null;
  const text = body["text"];
  const format = isObject(text) && isObject(text["format"]) ? text["format"] : undefined;
  const prompt = buildPrompt({ instructions, tools, format, items });
  return { instructions, tools, newItems, items, conversation, prompt };
}

function lock(conversation: Conversation | undefined, id: string): void {
  if (conversation === undefined) return;
  if (conversation.lockedBy !== undefined) {
    const message =
      "Another process is currently operating on this conversation. Please retry in a few seconds.";
    throw badRequest(message, "conversation", "conversation_locked");
  }
  conversation.lockedBy = id;
}

function readModel(body: JsonObject): string {
  const { model } = body;
  if (typeof model === "string" && model !== "") return model;
  const message = "Missing required parameter: 'model'.";
  throw badRequest(message, "model", "missing_required_parameter");
}

/** The price of a model that answers in another's place, if it has one in that tier. */
function answeringPrice(
  model: string | undefined,
  tier: ServiceTier,
  { models }: Holdings,
): ModelPrice | undefined {
  const price = model === undefined ? undefined : models.find(model)?.price;
  return tier === "default" || price?.tiers?.[tier] !== undefined ? price : undefined;
}

/** Turns a body whose fields are sound into a request that can be generated, and locks its conversation. */
export function acceptRequest(
  body: JsonObject,
  faults: readonly Fault[],
  held: Holdings,
): AcceptedRequest {
  const model = readModel(body);
  const entry = held.models.find(model);
  if (entry === undefined) {
    const message = `The model '${model}' does not exist or you do not have access to it.`;
    throw new ApiError({ status: 404, message, param: "model", code: "model_not_found" });
  }
  const tier = readServiceTier(body["service_tier"], entry.price);
  const context = readContext(body, held);
  if (context.prompt.tokens.length > entry.window) {
    const message =
      "Your input exceeds the context window of this model. Please adjust your input and try again.";
    throw badRequest(message, "input", "context_length_exceeded");
  }
  const { max_output_tokens: limit, prompt_cache_options: cache } = body;
  const isCapped = typeof limit === "number" && findFault(faults, "exceeds_cap") === undefined;
  const other = findFault(faults, "unknown_model_answered")?.model;
  const id = newId("resp");
  const accepted: AcceptedRequest = {
    ...context,
    id,
    createdAt: nowInSeconds(),
    acceptedAt: Date.now(),
    body,
    model,
    answeringModel: other ?? entry.answersAs,
    price: answeringPrice(other, tier, held) ?? entry.price,
    tier,
    choice: readToolChoice(body["tool_choice"], context.tools),
    parallel: body["parallel_tool_calls"] !== false,
    cap: isCapped ? Math.min(limit, entry.maxOutput) : entry.maxOutput,
    cacheTtl: isObject(cache) && cache["ttl"] === "12h" ? "12h" : "30m",
    store: body["store"] !== false,
    background: body["background"] === true,
    stream: body["stream"] === true,
    metadata: readMetadata(body["metadata"]),
    faults,
  };
  lock(context.conversation, id);
  return accepted;
}
