import { nowInSeconds } from "../ids.ts";
import { readHistory } from "../model/model-call.ts";
import type { ModelReply, ModelScript } from "../model/model-script.ts";
import { planOutput, type Plan } from "../model/plan.ts";
import type { CacheUse } from "../model/prompt-cache.ts";
import { countTokens } from "../model/tokens.ts";
import type { InvoiceUsage } from "../pricing.ts";
import type { Work } from "../work.ts";
import type { AcceptedRequest } from "./accepted-request.ts";
import { createEventLog, type EventLog } from "./event-log.ts";
import { responseObject, type Progress } from "./response-object.ts";
import { isDelta, outputEvents } from "./stream-events.ts";

/** One run of the model. It goes on to its end whether or not anybody listens. */
export interface Generation {
  readonly log: EventLog;
  /** Resolves when it has ended and is billed. Never rejects. */
  readonly finished: Promise<void>;
  progress(): Progress;
  /** The terminal event's response, or the response as far as it has come. */
  response(): object;
  cancel(): void;
}

export interface GenerationOptions {
  readonly request: AcceptedRequest;
  readonly cacheUse: CacheUse;
  readonly script: ModelScript;
  readonly random: () => number;
  readonly work: Work;
  readonly latencyMs: number;
  readonly chunkDelayMs: number;
  readonly chunkSize: number;
  /** Called once, when the generation has ended and before its last event can be seen. */
  readonly onEnd: (progress: Progress & { readonly billed: InvoiceUsage }) => void;
}

type Ended = "completed" | "incomplete" | "failed" | "cancelled";

async function askScript({ request, script, random }: GenerationOptions): Promise<ModelReply> {
  const { model, instructions, items, tools, choice, body } = request;
  try {
    const history = readHistory(items);
    const call = { model, instructions, items, tools, toolChoice: choice, body, random };
    return await script({ ...call, ...history });
  } catch (error) {
    return { fail: { code: "server_error", message: `The model script threw: ${String(error)}` } };
  }
}

export function startGeneration(options: GenerationOptions): Generation {
  const { request, cacheUse, work, chunkDelayMs, chunkSize } = options;
  const log = createEventLog();
  const cancelled = new AbortController();
  let progress: Progress = {
    status: request.background ? "queued" : "in_progress",
    output: [],
    usage: null,
    error: null,
    completedAt: null,
  };

  const pause = (ms: number): Promise<void> => work.sleep(ms, cancelled.signal);

  const usageOf = (output: number, reasoning: number): InvoiceUsage => {
    const isLongLived = request.cacheTtl === "12h";
    const cacheWrite = request.price.write30m === undefined ? 0 : cacheUse.written;
    return {
      input: request.prompt.tokens.length,
      cached: cacheUse.cached,
      cacheWrite,
      cacheWrite12h: isLongLived ? cacheWrite : 0,
      output,
      reasoning,
    };
  };

  const announce = (type: string): void => {
    log.add({ type, response: responseObject(request, progress) });
  };

  const end = (status: Ended, billed: InvoiceUsage, error: Progress["error"]): void => {
    // OpenAI shows no usage for what was cancelled, and bills what was generated.
    const usage = status === "cancelled" ? null : billed;
    progress = { ...progress, status, usage, error, completedAt: nowInSeconds() };
    options.onEnd({ ...progress, billed });
    if (status !== "cancelled") announce(`response.${status}`);
  };

  const write = async (plan: Plan): Promise<void> => {
    for (const draft of outputEvents(plan.items, chunkSize)) {
      if (isDelta(draft)) await pause(chunkDelayMs);
      log.add(draft);
    }
  };

  let plan: Plan | undefined;

  const run = async (): Promise<void> => {
    announce("response.created");
    if (request.background) announce("response.queued");
    await pause(options.latencyMs);
    progress = { ...progress, status: "in_progress" };
    announce("response.in_progress");
    const reply = await askScript(options);
    await pause(reply.delayMs ?? 0);
    plan = planOutput(reply, request);
    await write(plan);
    progress = { ...progress, output: plan.items };
    const status = plan.cut ? "incomplete" : "completed";
    const usage = usageOf(plan.outputTokens, plan.reasoningTokens);
    end(reply.fail === undefined ? status : "failed", usage, reply.fail ?? null);
  };

  const usageSoFar = (): InvoiceUsage => {
    const reasoning = plan?.reasoningTokens ?? 0;
    const deltas = log.events.filter(isDelta).map((event) => String(event["delta"]));
    const output = reasoning + countTokens(deltas.join(""));
    return usageOf(Math.min(plan?.outputTokens ?? 0, output), reasoning);
  };

  const runToEnd = async (): Promise<void> => {
    try {
      await run();
    } catch {
      // A wait was broken off: by a cancel, or because the simulator closes, which bills nothing.
      if (cancelled.signal.aborted) end("cancelled", usageSoFar(), null);
    } finally {
      log.close();
    }
  };

  return {
    log,
    finished: work.track(runToEnd()),
    progress: () => progress,
    response: () => responseObject(request, progress),
    cancel: () => cancelled.abort(),
  };
}
