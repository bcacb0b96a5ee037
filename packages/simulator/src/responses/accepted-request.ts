import type { Conversation } from "../conversations/conversation-store.ts";
import type { Fault } from "../faults/faults.ts";
import type { JsonObject } from "../json.ts";
import type { Item } from "../model/items.ts";
import type { Prompt } from "../model/prompt.ts";
import type { FunctionTool, ToolChoice } from "../model/tools.ts";
import type { ModelPrice, ServiceTier } from "../pricing.ts";

/** A request that passed every check: what the generation needs to know of it. */
export interface AcceptedRequest {
  /** The id of the response that it starts. */
  readonly id: string;
  /** In seconds, as the answer shows it. */
  readonly createdAt: number;
  /** In milliseconds. */
  readonly acceptedAt: number;
  readonly body: JsonObject;
  readonly model: string;
  /** The name that the answer carries. */
  readonly answeringModel: string;
  readonly price: ModelPrice;
  readonly tier: ServiceTier;
  readonly instructions: string | null;
  readonly tools: readonly FunctionTool[];
  readonly choice: ToolChoice;
  readonly parallel: boolean;
  readonly cap: number;
  /** What the request itself brought. */
  readonly newItems: readonly Item[];
  /** The history with `newItems` at its end. */
  readonly items: readonly Item[];
  readonly prompt: Prompt;
  readonly cacheTtl: "30m" | "12h";
  readonly conversation: Conversation | undefined;
  readonly store: boolean;
  readonly background: boolean;
  readonly stream: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly faults: readonly Fault[];
}
