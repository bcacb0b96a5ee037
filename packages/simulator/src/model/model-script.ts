import type { JsonObject } from "../json.ts";
import type { Item } from "./items.ts";
import type { FunctionTool, ToolChoice } from "./tools.ts";

/** A call that a script wants to make; an object of arguments is written as JSON. */
export interface ScriptedCall {
  readonly name: string;
  /** Default `{}`. A string is sent as it is, also if it is no JSON. */
  readonly arguments?: JsonObject | string;
}

/** A tool's output, with the call that it answers. */
export interface ToolOutput {
  readonly name: string;
  /** The arguments as the model wrote them. */
  readonly arguments: string;
  readonly output: string;
}

/** What a scripted model is shown. */
export interface ModelCall {
  /** The model's name as the request gave it. */
  readonly model: string;
  readonly instructions: string | null;
  /** The whole history, oldest first, the server's part of it included. */
  readonly items: readonly Item[];
  /** The text of the user's last message, empty without one. */
  readonly lastUserText: string;
  /** The outputs that came after the user's last message, oldest first. */
  readonly toolOutputsSinceUser: readonly ToolOutput[];
  readonly tools: readonly FunctionTool[];
  readonly toolChoice: ToolChoice;
  /** How many messages of the user the history holds: 1 in the first turn. */
  readonly turn: number;
  /** How many times the model has called tools since the user's last message. */
  readonly round: number;
  /** The request's body as it was sent. */
  readonly body: JsonObject;
  /** The simulator's seeded generator of numbers in [0, 1). */
  readonly random: () => number;
}

/** What a scripted model answers. An empty reply is an answer without text. */
export interface ModelReply {
  readonly text?: string;
  readonly toolCalls?: readonly ScriptedCall[];
  /** Reasoning before the answer, in tokens; it counts as output. Default 0. */
  readonly reasoningTokens?: number;
  /** Makes the text exactly this many tokens long, by filling it up or cutting it. */
  readonly outputTokens?: number;
  /** Declines in place of a text. */
  readonly refusal?: string;
  /** Ends the response as `failed`, with the usage of what was generated before. */
  readonly fail?: { readonly code: string; readonly message: string };
  /** Waits before the first item, in milliseconds. Default 0. */
  readonly delayMs?: number;
}

/** The model: given what it sees, what it says. A script that throws ends the response as `failed`. */
export type ModelScript = (call: ModelCall) => ModelReply | Promise<ModelReply>;
