/** What a step sends, how many tokens that can be, and what is left out when it grows too long. */
import type { Item, Mark } from "../ledger/index.ts";
import { byteLength, promptBound } from "../rules/index.ts";
import type { Truncation } from "./assistant.ts";

/** Until the provider has counted: tokens a byte, on the high side of prose and JSON in any language. */
const GUESS = 0.5;

/** A truncation goes down to this part of the cap, so that it is needed seldom and the cache stays warm. */
const BITE = 0.5;

export interface PromptSize {
  /** No more tokens than this can be billed: what the hold is made for. */
  readonly bound: number;
  /** A fair estimate, for caps that count tokens and not money. */
  readonly estimate: number;
  readonly bytes: number;
}

/** The part of a body that becomes the prompt. */
export interface PromptBody {
  readonly instructions?: string;
  readonly input: readonly Item[];
  readonly tools?: readonly unknown[];
}

/**
 * A token covers at least one byte, so the body's bytes bound its tokens. Where the provider has
 * counted a body with the same beginning, its count stands and only what is new is bounded by bytes.
 */
export function sizeOf(
  { instructions, input, tools }: PromptBody,
  known: {
    readonly mark: Mark | undefined;
    readonly first: number;
    readonly reasoningTokens: number;
  },
): PromptSize {
  const bytes = byteLength(JSON.stringify({ instructions, input, tools }));
  const { mark, first, reasoningTokens } = known;
  const ratio = mark ? Math.min(1, (mark.promptTokens / mark.bytes) * 1.1) : GUESS;
  if (mark?.first === first && bytes >= mark.bytes) {
    const items = input.length - (mark.next - mark.first);
    const added = { bytes: bytes - mark.bytes, items: Math.max(0, items), tools: 0 };
    return {
      bound: mark.promptTokens + promptBound(added) + reasoningTokens,
      estimate: mark.promptTokens + Math.ceil(added.bytes * ratio),
      bytes,
    };
  }
  const whole = { bytes, items: input.length, tools: tools?.length ?? 0 };
  return {
    bound: promptBound(whole) + reasoningTokens,
    estimate: Math.ceil(bytes * ratio),
    bytes,
  };
}

/**
 * Where the sent part of a history begins: whole turns leave from the oldest on, so that a tool
 * call is never parted from its output. Gives back how many items to leave out.
 *
 * @param fits Whether the rest after leaving out so many items is small enough.
 */
export function itemsToDrop(
  history: readonly Item[],
  truncation: Truncation,
  fits: (dropped: number, share: number) => boolean,
): number {
  const turns = turnStarts(history);
  if (truncation !== "auto") {
    const { lastMessages } = truncation;
    const start = turns.find((at) => messagesFrom(history, at) <= lastMessages) ?? history.length;
    return fits(start, 1) ? start : firstThatFits(turns, history.length, fits);
  }
  return fits(0, 1) ? 0 : firstThatFits(turns, history.length, fits);
}

function firstThatFits(
  turns: readonly number[],
  all: number,
  fits: (dropped: number, share: number) => boolean,
): number {
  return turns.find((at) => at > 0 && fits(at, BITE)) ?? all;
}

/** A turn begins with what the user says. */
function turnStarts(history: readonly Item[]): readonly number[] {
  return history.flatMap((item, at) =>
    item.type === "message" && item["role"] === "user" && !isUserMessage(history[at - 1]) ? at : [],
  );
}

function isUserMessage(item: Item | undefined): boolean {
  return item?.type === "message" && item["role"] === "user";
}

function messagesFrom(history: readonly Item[], at: number): number {
  return history.slice(at).filter((item) => item.type === "message").length;
}
