import type { ClientTool, Tool } from "./tool.ts";

/** How old turns leave a thread that has grown too long for a step. */
export type Truncation =
  /** Whole turns from the oldest on, several at a time, so that the prompt's start stays the same and cached. */
  | "auto"
  /** At most so many of the newest messages, by whole turns. */
  | { readonly lastMessages: number };

/** An assistant: a plain object in the app's code. */
export interface AssistantDefinition {
  /** A model that has a price: `gpt-6-luna`, or one named in `prices`. */
  readonly model: string;
  readonly instructions?: string;
  /** Made by `tool()`; those without `execute` are the app's client's. */
  readonly tools?: readonly (Tool | ClientTool)[];
  /** Tokens that one step may send; older turns are dropped. Counted by the provider where it has counted, else estimated. Default: what the model can take. */
  readonly maxContextTokens?: number;
  /** Prompt tokens of a run, summed over its steps. Default: no cap but the budget. */
  readonly maxPromptTokens?: number;
  /** Completion tokens of a run, summed over its steps, reasoning included. Default: no cap but the budget. */
  readonly maxCompletionTokens?: number;
  /** Output tokens that one step may be given, reasoning included; the budget may give it less. Default 8,192. */
  readonly maxOutputTokens?: number;
  /** Model calls of a run; of one with tools the last goes out without them. Default 16. */
  readonly maxSteps?: number;
  /** Default `'auto'`. */
  readonly truncation?: Truncation;
  readonly temperature?: number;
  readonly topP?: number;
  readonly reasoning?: { readonly effort: ReasoningEffort };
  /** Default `'default'`. Dearer tiers are held and charged at their own price. */
  readonly serviceTier?: "default" | "flex" | "priority";
  /** Default true: the model may ask for several tools at once, which then run in parallel. */
  readonly parallelToolCalls?: boolean;
}

export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
