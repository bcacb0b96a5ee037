import type { IncomingMessage } from "node:http";
import { ApiError, badRequest } from "../errors.ts";
import type { Json } from "../json.ts";

const MOST_BYTES = 10 * 1024 * 1024;

/** Reads a body to its end, or to a 413: what is too long is read on and thrown away, so that the answer arrives. */
export async function readBody(request: IncomingMessage): Promise<Json | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= MOST_BYTES) chunks.push(bytes);
  }
  if (size > MOST_BYTES) {
    const message = `Request body is larger than ${MOST_BYTES} bytes.`;
    throw new ApiError({ status: 413, message, code: "request_too_large" });
  }
  return parse(Buffer.concat(chunks).toString());
}

function parse(text: string): Json | undefined {
  if (text === "") return undefined;
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    const message =
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)";
    throw badRequest(message, null);
  }
}
