import type { IncomingMessage, ServerResponse } from "node:http";
import type { FaultQueue } from "../faults/fault-queue.ts";
import { refusalFor } from "../faults/fault-refusals.ts";
import { findFault, type Fault } from "../faults/faults.ts";
import { newId } from "../ids.ts";
import type { Work } from "../work.ts";
import { checkKey } from "./authorization.ts";
import { deliver, deliverError } from "./deliver.ts";
import { readBody } from "./request-body.ts";
import type { OpenRecord } from "./request-log.ts";
import type { Reply, Route } from "./routing.ts";

interface HandlerOptions {
  readonly apiKey: string | undefined;
  readonly faults: FaultQueue;
  readonly findRoute: (method: string, path: string) => Route;
  readonly work: Work;
  /** Keeps a record; it is filled in while the request is handled. */
  readonly record: (record: OpenRecord) => void;
}

/** What a request came to. */
interface Outcome {
  /** Nothing where a fault took the socket away. */
  readonly reply: Reply | undefined;
  readonly faults: readonly Fault[];
}

function openRecord(request: IncomingMessage): OpenRecord {
  // Not by way of URL, which throws for some paths that a client can send.
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const { authorization: _, ...headers } = request.headers;
  return {
    method: request.method ?? "GET",
    path,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, String(value)]),
    ),
    body: undefined,
    startedAt: Date.now(),
    finishedAt: undefined,
    status: undefined,
    aborted: false,
  };
}

/** Gives the server's request listener. It never throws. */
export function createRequestHandler(
  options: HandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { apiKey, faults, findRoute, work } = options;

  const handle = async (request: IncomingMessage, record: OpenRecord): Promise<Outcome> => {
    record.body = await readBody(request);
    checkKey(request.headers.authorization, apiKey);
    const route = findRoute(record.method, record.path);
    const hits = faults.take(route.name, record.body);
    if (findFault(hits, "refuse_connection") !== undefined) {
      return { reply: undefined, faults: hits };
    }
    const [refusal] = hits.flatMap((fault) => refusalFor(fault) ?? []);
    const isBilled = findFault(hits, "server_error")?.billed === true;
    if (refusal !== undefined && !isBilled) throw refusal;
    const query = new URLSearchParams(record.query);
    const { params, handler } = route;
    return { reply: handler({ params, query, body: record.body, faults: hits }), faults: hits };
  };

  return async (request, response) => {
    const record = openRecord(request);
    options.record(record);
    // A socket that is destroyed under a write is no error of ours.
    response.on("error", () => undefined);
    let isCutByFault = false;
    response.once("close", () => {
      record.finishedAt = Date.now();
      record.status = response.headersSent ? response.statusCode : undefined;
      record.aborted = !response.writableFinished && !isCutByFault;
    });
    response.setHeader("x-request-id", newId("req"));
    try {
      const { reply, faults: hits } = await work.track(handle(request, record));
      isCutByFault = reply === undefined || hits.some(({ kind }) => kind.startsWith("cut_"));
      await deliver(reply, hits, response);
    } catch (error) {
      deliverError(error, response);
    }
  };
}
