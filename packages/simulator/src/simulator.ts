import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { chatRoutes } from "./chat/chat-routes.ts";
import { conversationRoutes } from "./conversations/conversation-routes.ts";
import { createConversationStore } from "./conversations/conversation-store.ts";
import { embeddingRoutes } from "./embeddings/embedding-routes.ts";
import { createFaultQueue } from "./faults/fault-queue.ts";
import type { Fault } from "./faults/faults.ts";
import { createRequestHandler } from "./http/request-handler.ts";
import type { OpenRecord, RecordedRequest } from "./http/request-log.ts";
import { createRouter } from "./http/routing.ts";
import { createInvoiceBook, type Invoice } from "./invoice.ts";
import { createModelCatalog } from "./model/model-catalog.ts";
import { modelRoutes } from "./model/model-routes.ts";
import type { ModelScript } from "./model/model-script.ts";
import { createNoCache, createPromptCache } from "./model/prompt-cache.ts";
import type { SimulatorOptions } from "./options.ts";
import { seededRandom } from "./random.ts";
import { createGenerate } from "./responses/generate.ts";
import { responseRoutes } from "./responses/response-routes.ts";
import { createResponseStore } from "./responses/response-store.ts";
import { echo } from "./scripts/scripts.ts";
import { createWork } from "./work.ts";

/** A running simulator. */
export interface Simulator extends AsyncDisposable {
  /** The base URL for an OpenAI client, such as `http://127.0.0.1:4010/v1`. */
  readonly url: string;
  /** The bill as it stands: a copy, in the order in which the generations ended. */
  invoice(): Invoice;
  /** Every request so far, refused ones included: a copy, oldest first. */
  requests(): readonly RecordedRequest[];
  /** Adds a fault behind those that are waiting. */
  inject(fault: Fault): void;
  /** Changes what the model says from the next request on. */
  setScript(script: ModelScript): void;
  /** Resolves when no generation is under way and no request is being read. */
  idle(): Promise<void>;
  /** Destroys open sockets, ends what is under way without billing it, and stops listening. */
  close(): Promise<void>;
}

const USUAL_CHUNK_SIZE = 24;

async function listen(server: Server, port: number, host: string): Promise<string> {
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return `http://${host.includes(":") ? `[${host}]` : host}:${bound}/v1`;
}

/**
 * Starts a server that answers like OpenAI's Responses, Conversations, Chat Completions and Embeddings APIs and keeps the bill.
 * Rejects if the port is taken, and with a `RangeError` for a price that is no price
 * or a snapshot of a model that has none.
 *
 * @example
 * await using simulator = await createSimulator();
 * const client = new OpenAI({ baseURL: simulator.url, apiKey: "any" });
 */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = "127.0.0.1", seed = 1 } = options;
  const { prices = {}, snapshots = {}, cache = true } = options;
  const { latencyMs = 0, chunkDelayMs = 0, chunkSize = USUAL_CHUNK_SIZE } = options;
  let script = options.script ?? echo();
  const records: OpenRecord[] = [];
  const work = createWork();
  const invoice = createInvoiceBook();
  // The faults draw from a row of their own, so that a script's draws do not move them.
  const faults = createFaultQueue(seededRandom(seed + 1));
  for (const fault of options.faults ?? []) faults.inject(fault);
  const held = {
    models: createModelCatalog({ prices, snapshots }),
    responses: createResponseStore(),
    conversations: createConversationStore(),
  };
  const generate = createGenerate({
    script: () => script,
    random: seededRandom(seed),
    cache: cache ? createPromptCache() : createNoCache(),
    work,
    invoice,
    latencyMs,
    chunkDelayMs,
    chunkSize,
  });
  const handler = createRequestHandler({
    apiKey: options.apiKey,
    findRoute: createRouter({
      ...responseRoutes(held, generate),
      ...chatRoutes(held, generate),
      ...embeddingRoutes(held.models, invoice),
      ...conversationRoutes(held),
      ...modelRoutes(held.models),
    }),
    record: (record) => records.push(record),
    faults,
    work,
  });
  const server = createServer((request, response) => void handler(request, response));
  const url = await listen(server, port, host);

  const close = async (): Promise<void> => {
    work.end();
    if (server.listening) {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    }
  };

  return {
    url,
    invoice: () => invoice.snapshot(),
    requests: () => structuredClone(records),
    inject: (fault) => faults.inject(fault),
    setScript(next) {
      script = next;
    },
    idle: () => work.idle(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
