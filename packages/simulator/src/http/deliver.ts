import type { ServerResponse } from "node:http";
import { ApiError, serverError } from "../errors.ts";
import { refusalFor } from "../faults/fault-refusals.ts";
import { findFault, type Fault } from "../faults/faults.ts";
import { deliverWhole, writeJson } from "./deliver-json.ts";
import { deliverStream } from "./deliver-stream.ts";
import type { Reply } from "./routing.ts";

/** Writes a refusal; an error that is not one of OpenAI's becomes its 500. */
export function deliverError(error: unknown, response: ServerResponse): void {
  if (response.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const refusal = error instanceof ApiError ? error : serverError(String(error));
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
  writeJson(response, refusal.status, refusal.body);
}

/** Writes the answer of a handler, as the faults that hit the request let it. */
export async function deliver(
  reply: Reply | undefined,
  faults: readonly Fault[],
  response: ServerResponse,
): Promise<void> {
  if (reply === undefined || findFault(faults, "cut_before_first_event") !== undefined) {
    response.destroy();
    return;
  }
  const refusal = faults.map(refusalFor).find((error) => error !== undefined);
  if (refusal !== undefined) throw refusal;
  if (reply.kind === "json") {
    if (findFault(faults, "silence") === undefined) writeJson(response, 200, reply.body);
  } else if (reply.stream) await deliverStream(reply, faults, response);
  else await deliverWhole(reply, faults, response);
}
