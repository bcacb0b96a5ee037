/** The Responses API: always streaming inside, so that the response id is known at once. */
import type { OpenAI } from "openai";
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
import { type Seen, answered, brings, known, readEvent } from "./response-events.ts";

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
        ended = readEvent(event, seen, on);
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

function sdkBody(body: StepBody & { readonly max_output_tokens: number }): CreateBody {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own allow-list, in the SDK's words
  return { ...body, stream: true } as unknown as CreateBody;
}
