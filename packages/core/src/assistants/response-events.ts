/** What the events of a response, and a response itself, say of how it ended. */
import type { OpenAI } from "openai";
import type { Item } from "../ledger/index.ts";
import type { Answered, StepListeners } from "./backend.ts";

type StreamEvent = OpenAI.Responses.ResponseStreamEvent;
type ProviderResponse = OpenAI.Responses.Response;

/** What a stream has shown so far. */
export interface Seen {
  responseId?: string;
  streaming?: boolean;
  readonly items: Item[];
  text: string;
}

/** Signs of life that bring nothing could hold a run, and its money, for ever. */
export function brings({ type }: StreamEvent): boolean {
  return type !== "response.in_progress" && type !== "response.queued";
}

export function known({ responseId }: Seen): { readonly responseId?: string } {
  return responseId === undefined ? {} : { responseId };
}

/** What an event says; an answer where it is the last one. */
export function readEvent(event: StreamEvent, seen: Seen, on: StepListeners): Answered | undefined {
  switch (event.type) {
    case "response.created":
    case "response.queued":
    case "response.in_progress":
      if (seen.responseId === undefined) {
        seen.responseId = event.response.id;
        on.created(event.response.id);
      }
      return undefined;
    case "response.output_text.delta":
    case "response.refusal.delta":
      seen.text += event.delta;
      on.text(event.delta);
      return undefined;
    case "response.output_item.done":
      seen.items.push(itemOf(event.item));
      return undefined;
    case "response.completed":
    case "response.incomplete":
    case "response.failed":
      return answered(event.response, streamed(seen));
    default:
      return undefined;
  }
}

/** What came before the end, where no whole item did: the pieces, as one message. */
function streamed({ items, text }: Seen): readonly Item[] {
  if (items.length > 0 || text === "") return items;
  const content = [{ type: "output_text", text, annotations: [] }];
  return [{ type: "message", role: "assistant", content }];
}

/** The end of a response. Some servers leave its output empty: then what was streamed counts. */
export function answered(response: ProviderResponse, before: readonly Item[]): Answered {
  const output = (response.output ?? []).map(itemOf);
  const reason = response.incomplete_details?.reason ?? response.error?.code;
  return {
    kind: "answered",
    ...(response.id ? { responseId: response.id } : {}),
    status: statusOf(response.status),
    ...(reason ? { reason } : {}),
    output: output.length > 0 ? output : before,
    usage: response.usage,
    model: response.model,
    tier: response.service_tier ?? undefined,
  };
}

function statusOf(status: ProviderResponse["status"]): Answered["status"] {
  return status === "failed" || status === "incomplete"
    ? status
    : status === "cancelled"
      ? "failed"
      : "completed";
}

/** The SDK's items are closed types, one a kind; a thread keeps whatever came. */
function itemOf(item: OpenAI.Responses.ResponseOutputItem): Item {
  return { ...item };
}
