import { once } from "node:events";
import { type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request for a response, as a server by hand answers it. */
interface Asked {
  readonly model: string;
  readonly input: readonly unknown[];
  /** How many were asked before. */
  readonly before: number;
  /** Sends an event of the stream. */
  readonly send: (type: string, more: object) => void;
  /** Whether the caller has gone. */
  readonly gone: () => boolean;
}

/** A provider for what the simulator, which is a well-behaved one, never says. It keeps no responses. */
export async function handmadeProvider(
  answer: (asked: Asked) => unknown,
): Promise<{ readonly baseURL: string }> {
  let before = 0;
  const server = createServer((req, res) => {
    if (req.method === "GET") return void res.writeHead(404).end("{}");
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Pick<Asked, "model" | "input">;
      const asked = { ...body, before, send: sender(res), gone: () => res.destroyed };
      before += 1;
      void Promise.resolve(answer(asked)).finally(() => res.end());
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { baseURL: `http://127.0.0.1:${port}/v1` };
}

function sender(res: ServerResponse): Asked["send"] {
  return (type, more) => {
    if (!res.headersSent) res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`);
  };
}

/** A finished response with a word of text, and whatever is said otherwise. */
export function finished(more: object): object {
  return {
    id: "resp_1",
    object: "response",
    status: "completed",
    service_tier: "default",
    output: [message("Hi")],
    ...more,
  };
}

function message(text: string): object {
  const content = [{ type: "output_text", text, annotations: [] }];
  return { type: "message", id: "msg_1", role: "assistant", status: "completed", content };
}

export function usage(inputTokens: number, outputTokens: number, cachedTokens = 0): object {
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens_details: { reasoning_tokens: 0 },
  };
}
