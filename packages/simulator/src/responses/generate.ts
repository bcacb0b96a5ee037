import type { InvoiceBook } from "../invoice.ts";
import { isObject } from "../json.ts";
import type { PromptCache } from "../model/prompt-cache.ts";
import type { InvoiceUsage } from "../pricing.ts";
import type { AcceptedRequest } from "./accepted-request.ts";
import { startGeneration, type Generation, type GenerationOptions } from "./generation.ts";
import type { Progress } from "./response-object.ts";

/** Starts the model on an accepted request. */
export type Generate = (request: AcceptedRequest) => Generation;

export interface GenerateOptions extends Pick<
  GenerationOptions,
  "work" | "random" | "latencyMs" | "chunkDelayMs" | "chunkSize"
> {
  readonly script: () => GenerationOptions["script"];
  readonly cache: PromptCache;
  readonly invoice: InvoiceBook;
}

function keepInConversation(request: AcceptedRequest, { status, output }: Progress): void {
  const { conversation } = request;
  if (conversation?.lockedBy !== request.id) return;
  conversation.lockedBy = undefined;
  if (status !== "completed" && status !== "incomplete") return;
  conversation.items = [...conversation.items, ...request.newItems, ...output];
}

function bill(
  invoice: InvoiceBook,
  request: AcceptedRequest,
  { status, billed }: Progress & { readonly billed: InvoiceUsage },
): void {
  if (status === "queued" || status === "in_progress") return;
  const { id, answeringModel, model, metadata, price, tier } = request;
  invoice.bill(
    { responseId: id, model: answeringModel, requestedModel: model, status, metadata },
    { price, tier, usage: billed },
  );
}

export function createGenerate(options: GenerateOptions): Generate {
  const { cache, invoice, script, ...rest } = options;
  return (request) => {
    const cacheOptions = request.body["prompt_cache_options"];
    const isExplicit = isObject(cacheOptions) && cacheOptions["mode"] === "explicit";
    return startGeneration({
      ...rest,
      request,
      script: script(),
      cacheUse: cache.use(request.model, request.prompt, isExplicit),
      onEnd(progress) {
        bill(invoice, request, progress);
        keepInConversation(request, progress);
      },
    });
  };
}
