/** The Responses API: always streaming inside, so that the response id is known at once. */
import type { OpenAI } from "openai";
import type { Item } from "../ledger/index.ts";
import type {
  Answered,
  Backend,
  Ending,
  Found,
  NotSpent,
  StepBody,
  StepListeners,
} from "./backend.ts";
import { endingOf, isNotFound } from "./failures.ts";
import { textField } from "./fields.ts";
import { idleTimer } from "./idle-timer.ts";

type StreamEvent = OpenAI.Responses.ResponseStreamEvent;
type ProviderResponse = OpenAI.Responses.Response;
type CreateBody = OpenAI.Responses.ResponseCreateParamsStreaming;

export interface ResponsesOptions {
  /** Asked for at the first call, so that an app starts without a key. */
  readonly client: () => Promise<OpenAI>;
  /** Milliseconds of silence after which a stream is given up. */
  readonly idleMs: number;
}

/** Milliseconds that a stream may take to end after its last event. */
const LAST_BYTES_MS = 250;

/** Milliseconds that asking for a response's outcome may take. */
const FIND_TIMEOUT_MS = 10_000;

export function responsesBackend({ client, idleMs }: ResponsesOptions): Backend {
  async function step(
    body: StepBody & { readonly max_output_tokens: number },
    on: StepListeners,
  ): Promise<Ending> {
    const openai = await client().catch(notMade);
    if ("kind" in openai) return openai;
    const idle = idleTimer(idleMs);
    const seen: Seen = { items: [], text: "" };
    let ended: Answered | undefined;
    try {
      // The SDK would send a failed call again, unheld: each retry here is a hold of its own.
      const stream = await openai.responses.create(sdkBody(body), {
        maxRetries: 0,
        timeout: idleMs,
        signal: idle.signal,
      });
      seen.streaming = true;
      for await (const event of stream) {
        if (ended) continue;
        if (brings(event)) idle.heard();
        ended = read(event, seen, on);
        // Read to its end, the connection serves the next call; cut off, that one begins with a new one.
        if (ended) idle.wind(LAST_BYTES_MS);
      }
      if (ended) return ended;
      // The SDK ends silently when the server closes cleanly; without a terminal event that is no success.
      const silent = idle.signal.aborted;
      const message = silent ? "the stream fell silent" : "the stream ended without an outcome";
      return { kind: "lost", message, timedOut: silent, ...known(seen) };
    } catch (error) {
      if (ended) return ended;
      return endingOf(error, {
        ...known(seen),
        streaming: seen.streaming ?? false,
        silent: idle.signal.aborted,
      });
    } finally {
      idle.stop();
    }
  }

  async function find(responseId: string): Promise<Found> {
    try {
      const openai = await client();
      const options = { maxRetries: 0, timeout: FIND_TIMEOUT_MS };
      const response = await openai.responses.retrieve(responseId, undefined, options);
      const pending = response.status === "in_progress" || response.status === "queued";
      return pending ? { kind: "pending" } : answered(response, []);
    } catch (error) {
      return { kind: isNotFound(error) ? "missing" : "unreachable" };
    }
  }

  return { step, find };
}

/** Without a client, such as where the peer dependency is missing, nothing can have been sent. */
function notMade(cause: unknown): NotSpent {
  const name = textField(cause, "code") || textField(cause, "name") || "unknown cause";
  const message = `the OpenAI client could not be made (${name}); is the package \`openai\` installed?`;
  return { kind: "not_spent", reason: "refused", message, retry: false, cause };
}

/** What a stream has shown so far. */
interface Seen {
  responseId?: string;
  streaming?: boolean;
  readonly items: Item[];
  text: string;
}

/** Signs of life that bring nothing could hold a run, and its money, for ever. */
function brings({ type }: StreamEvent): boolean {
  return type !== "response.in_progress" && type !== "response.queued";
}

function known({ responseId }: Seen): { readonly responseId?: string } {
  return responseId === undefined ? {} : { responseId };
}

function read(event: StreamEvent, seen: Seen, on: StepListeners): Answered | undefined {
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
function answered(response: ProviderResponse, before: readonly Item[]): Answered {
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

function sdkBody(body: StepBody & { readonly max_output_tokens: number }): CreateBody {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own allow-list, in the SDK's words
  return { ...body, stream: true } as unknown as CreateBody;
}
