/** A request that costs money, read and found countable. */
import type { Answered } from "../assistants/index.ts";
import { type Tier, tierOf } from "../rules/index.ts";
import { type Fields, refusedField } from "./request-fields.ts";
import type { SseBlock } from "./sse-blocks.ts";

export interface MeteredCall {
  readonly model: string;
  readonly tier: Tier | "auto";
  /** What is sent: its bytes, and what the provider wraps something around. */
  readonly weight: { readonly bytes: number; readonly items: number; readonly tools: number };
  /** What the provider adds by itself, and how to learn how much that is. */
  readonly history?: {
    /** What of the request decides how much is sent. */
    readonly counted: Fields;
    /** The response that this one follows; absent for a conversation. */
    readonly previous?: string;
  };
  /** Reasoning items that are sent back, by their ids: their text is not what its bytes say. */
  readonly reasoning: readonly (string | undefined)[];
  /** The cap that the caller set; `none` where nothing is generated. */
  readonly cap: number | "none" | undefined;
  /** Whether the provider can be asked for the answer later. */
  readonly stored: boolean;
  /** The request as it is sent, with so many output tokens. */
  body(outputTokens: number): Fields;
  /** What a whole answer says; undefined where it says nothing. */
  answered(body: unknown): Answered | undefined;
  /** Reads a streamed answer. */
  reader(): StreamReader;
}

/** What one event of a stream comes to. */
export interface EventReading {
  /** What is handed on; absent for nothing. */
  readonly pass?: Uint8Array<ArrayBuffer>;
  /** Set once how the answer ended is known: the hold is settled before more is handed on. */
  readonly answer?: Answered;
  /** The stream says by itself that it failed. */
  readonly failed?: true;
  /** The response's id, when it is first seen. */
  readonly created?: string;
}

export interface StreamReader {
  read(block: SseBlock): EventReading;
  /** The stream is over: the answer, if what came was one. */
  ended(): Answered | undefined;
}

/** The tier that a request asks for; without one it says `default`, whatever the project is set to. */
export function tierIn(value: unknown): Tier | "auto" {
  if (value === "auto") return "auto";
  const isText = typeof value === "string" || value === undefined || value === null;
  const tier = isText ? tierOf(value) : undefined;
  if (tier) return tier;
  throw refusedField("service_tier", "this tier has no price here");
}
