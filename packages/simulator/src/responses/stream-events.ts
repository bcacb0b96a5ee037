import type { OutputItem } from "../model/items.ts";

/** A server-sent event before it has its sequence number. */
export interface EventDraft {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** An event as it goes over the wire. */
export interface StreamEvent extends EventDraft {
  readonly sequence_number: number;
}

/** Cuts text into deltas without parting a surrogate pair. */
function* deltas(text: string, size: number): Generator<string> {
  let piece = "";
  for (const character of text) {
    piece += character;
    if (piece.length >= size) {
      yield piece;
      piece = "";
    }
  }
  if (piece !== "") yield piece;
}

interface Place {
  readonly output_index: number;
  readonly item_id: string;
}

type Message = Extract<OutputItem, { type: "message" }>;

function* messageEvents(item: Message, place: Place, size: number): Generator<EventDraft> {
  for (const [content_index, part] of item.content.entries()) {
    const at = { ...place, content_index };
    if (part.type === "refusal") {
      const { refusal } = part;
      const empty = { type: "refusal", refusal: "" };
      yield { type: "response.content_part.added", ...at, part: empty };
      for (const delta of deltas(refusal, size)) {
        yield { type: "response.refusal.delta", ...at, delta };
      }
      yield { type: "response.refusal.done", ...at, refusal };
    } else {
      const { text } = part;
      yield { type: "response.content_part.added", ...at, part: { ...part, text: "" } };
      for (const delta of deltas(text, size)) {
        yield { type: "response.output_text.delta", ...at, delta, logprobs: [] };
      }
      yield { type: "response.output_text.done", ...at, text, logprobs: [] };
    }
    yield { type: "response.content_part.done", ...at, part };
  }
}

/** The item as it is announced: nothing in it yet. */
function opened(item: OutputItem): object {
  const status = "in_progress";
  if (item.type === "message") return { ...item, status, content: [] };
  if (item.type === "function_call") return { ...item, status, arguments: "" };
  return { ...item, status, encrypted_content: "" };
}

/** The events of the output items, in OpenAI's order; `size` is the length of a delta in characters. */
export function* outputEvents(items: readonly OutputItem[], size: number): Generator<EventDraft> {
  for (const [output_index, item] of items.entries()) {
    const place = { output_index, item_id: item.id };
    yield { type: "response.output_item.added", output_index, item: opened(item) };
    if (item.type === "message") yield* messageEvents(item, place, size);
    if (item.type === "function_call") {
      for (const delta of deltas(item.arguments, size)) {
        yield { type: "response.function_call_arguments.delta", ...place, delta };
      }
      const type = "response.function_call_arguments.done";
      yield { type, ...place, arguments: item.arguments };
    }
    yield { type: "response.output_item.done", output_index, item };
  }
}

/** Whether an event carries newly generated text; a paced stream pauses before each. */
export function isDelta(event: EventDraft): boolean {
  return event.type.endsWith(".delta");
}
