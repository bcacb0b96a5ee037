import type { GenerationForm } from "../http/routing.ts";
import type { AcceptedRequest } from "../responses/accepted-request.ts";
import type { Generation } from "../responses/generation.ts";
import type { StreamEvent } from "../responses/stream-events.ts";
import { chatHead, chatObject, chatUsage, finishReason } from "./chat-object.ts";

const DONE = "data: [DONE]\n\n";

/** A generation told as a chat completion. */
export function chatForm(
  request: AcceptedRequest,
  generation: Generation,
  wantsUsage: boolean,
): GenerationForm {
  const head = chatHead(request);
  let calls = 0;

  const line = (more: object): string => `data: ${JSON.stringify({ ...head, ...more })}\n\n`;
  const chunk = (delta: object, finish: string | null = null): string =>
    line({
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(wantsUsage ? { usage: null } : {}),
    });

  const end = (lacksUsage: boolean): string => {
    const progress = generation.progress();
    const usage = progress.usage === null || lacksUsage ? null : chatUsage(progress.usage);
    const last = line({ object: "chat.completion.chunk", choices: [], usage });
    return [chunk({}, finishReason(progress)), wantsUsage && usage ? last : "", DONE].join("");
  };

  return {
    whole: () => chatObject(request, generation.progress()),
    text: (event, lacksUsage) => {
      switch (event.type) {
        case "response.created":
          return chunk({ role: "assistant", content: "", refusal: null });
        case "response.output_text.delta":
          return chunk({ content: event["delta"] });
        case "response.refusal.delta":
          return chunk({ refusal: event["delta"] });
        case "response.output_item.added": {
          const call = callIn(event);
          if (!call) return "";
          calls += 1;
          return chunk({ tool_calls: [{ index: calls - 1, ...call }] });
        }
        case "response.function_call_arguments.delta":
          return chunk({
            tool_calls: [{ index: calls - 1, function: { arguments: event["delta"] } }],
          });
        case "response.completed":
        case "response.incomplete":
          return end(lacksUsage);
        case "response.failed":
          return `data: ${JSON.stringify({ error: generation.progress().error })}\n\n`;
        default:
          return "";
      }
    },
  };
}

function callIn(event: StreamEvent): object | undefined {
  const { type, call_id, name } = Object(event["item"]);
  return type === "function_call"
    ? { id: call_id, type: "function", function: { name, arguments: "" } }
    : undefined;
}
