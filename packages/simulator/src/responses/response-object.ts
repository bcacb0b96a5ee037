import type { Json, JsonObject } from "../json.ts";
import type { OutputItem } from "../model/items.ts";
import type { InvoiceUsage } from "../pricing.ts";
import type { AcceptedRequest } from "./accepted-request.ts";

type ResponseStatus =
  | "queued"
  | "in_progress"
  | "completed"
  | "incomplete"
  | "failed"
  | "cancelled";

/** How far a response has come. */
export interface Progress {
  readonly status: ResponseStatus;
  readonly output: readonly OutputItem[];
  readonly usage: InvoiceUsage | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly completedAt: number | null;
}

function usageObject(usage: InvoiceUsage): object {
  const { input, cached, cacheWrite, cacheWrite12h, output, reasoning } = usage;
  const details = {
    ttl_30m_tokens: cacheWrite - cacheWrite12h,
    ttl_12h_tokens: cacheWrite12h,
  };
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: cached,
      cache_write_tokens: cacheWrite,
      ...(cacheWrite > 0 ? { cache_write_tokens_details: details } : {}),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}

// Echoed as they were sent; the value is what OpenAI answers where they were not.
const ECHOED: Readonly<Record<string, Json>> = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  temperature: 1,
  text: { format: { type: "text" }, verbosity: "medium" },
  tool_choice: "auto",
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: "disabled",
  user: null,
};

function echo(body: JsonObject): object {
  const entries = Object.entries(ECHOED).map(([key, absent]) => [key, body[key] ?? absent]);
  return Object.fromEntries(entries);
}

/** The response as it goes over the wire. */
export function responseObject(request: AcceptedRequest, progress: Progress): object {
  const { conversation } = request;
  const isCut = progress.status === "incomplete";
  return {
    id: request.id,
    object: "response",
    created_at: request.createdAt,
    status: progress.status,
    background: request.background,
    completed_at: progress.completedAt,
    error: progress.error,
    incomplete_details: isCut ? { reason: "max_output_tokens" } : null,
    ...echo(request.body),
    access_programs: null,
    conversation: conversation === undefined ? null : { id: conversation.id },
    metadata: request.metadata,
    model: request.answeringModel,
    output: progress.output,
    service_tier: request.tier,
    store: request.store,
    usage: progress.usage === null ? null : usageObject(progress.usage),
  };
}
