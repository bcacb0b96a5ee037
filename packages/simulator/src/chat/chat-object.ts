import type { InvoiceUsage } from "../pricing.ts";
import type { AcceptedRequest } from "../responses/accepted-request.ts";
import type { Progress } from "../responses/response-object.ts";

/** What a completion and its chunks all carry. */
export function chatHead(request: AcceptedRequest): object {
  return {
    id: request.id,
    created: request.createdAt,
    model: request.answeringModel,
    service_tier: request.tier,
    system_fingerprint: null,
  };
}

export function chatUsage({ input, cached, cacheWrite, output, reasoning }: InvoiceUsage): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

export function finishReason({ status, output }: Pick<Progress, "status" | "output">): string {
  if (status === "incomplete") return "length";
  return output.some(({ type }) => type === "function_call") ? "tool_calls" : "stop";
}

/** The completion as it goes over the wire. */
export function chatObject(request: AcceptedRequest, progress: Progress): object {
  const { output, usage } = progress;
  const parts = output.flatMap((item) => (item.type === "message" ? item.content : []));
  const text = parts.map((part) => (part.type === "refusal" ? "" : part.text)).join("");
  const refusal = parts.map((part) => (part.type === "refusal" ? part.refusal : "")).join("");
  const calls = output.flatMap((item) =>
    item.type === "function_call"
      ? [
          {
            id: item.call_id,
            type: "function",
            function: { name: item.name, arguments: item.arguments },
          },
        ]
      : [],
  );
  const message = {
    role: "assistant",
    content: text === "" && (calls.length > 0 || refusal !== "") ? null : text,
    refusal: refusal === "" ? null : refusal,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  return {
    ...chatHead(request),
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(progress) }],
    usage: usage === null ? null : chatUsage(usage),
  };
}
