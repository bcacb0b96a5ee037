/** One process of the app: a server whose requests are runs. It is killed at any moment, and started anew. */
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { json } from "node:stream/consumers";
import {
  type DurationText,
  type LimitsOption,
  createBudget,
  isBudgetError,
  toProblem,
  tool,
} from "@assistants-budget/core";
import { z } from "zod";
import { MODEL, TOOL } from "./model.ts";
import { type StorePlace, openStore } from "./open-store.ts";
import type { PlantedFault } from "./planted-faults.ts";
import { watchedReserves } from "./watched-reserves.ts";
import { type SaidWord, say } from "./words.ts";

export interface AppSettings {
  readonly place: StorePlace;
  readonly baseURL: string;
  readonly limits: LimitsOption;
  readonly timeZone: string;
  readonly holdTtlMs: number;
  readonly idleTimeout: DurationText;
  readonly planted?: PlantedFault | undefined;
}

/** What a client sends to `/chat`. */
export interface ChatRequest {
  readonly user: string;
  readonly tenant: string;
  readonly thread?: string;
  readonly message: string;
}

/** What the process tells the one that started it. */
export interface AppNews {
  readonly port?: number;
  /** By whose name it holds. */
  readonly owner?: string;
  /** How often each scope has refused so far. */
  readonly refused?: Readonly<Record<string, number>>;
}

const settings: AppSettings = JSON.parse(process.argv[2] ?? "");
const tell = (news: AppNews) => void process.send?.(news);
const opened = openStore(settings.place, { planted: settings.planted });
const lookUpOrder = tool({
  name: TOOL,
  description: "Looks up an order by its number.",
  parameters: z.strictObject({ order: z.string() }),
  execute: ({ order }) => ({ order, status: "on its way" }),
});
const budget = createBudget(
  {
    baseURL: settings.baseURL,
    apiKey: "sk-chaos",
    store: watchedReserves(opened.store, tell),
    limits: settings.limits,
    timeZone: settings.timeZone,
    assistants: { support: { model: MODEL, tools: [lookUpOrder], maxOutputTokens: 400 } },
    wait: "500ms",
    idleTimeout: settings.idleTimeout,
    // Nothing that the provider will tell may be given up.
    patience: "30s",
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  },
  { holdTtlMs: settings.holdTtlMs },
);

async function carryOut(request: IncomingMessage): Promise<unknown> {
  if (request.url === "/recover") return budget.recover();
  if (request.url === "/act") return say(budget, (await json(request)) as SaidWord);
  const { user, tenant, thread, message } = (await json(request)) as ChatRequest;
  const run = await budget
    .for({ user, tenant })
    .run({ input: message, ...(thread ? { thread } : {}) });
  return { thread: run.thread, status: run.status, stop: run.stop };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, body] = await carryOut(request).then(
    (done) => [200, done] as const,
    (error: unknown) =>
      isBudgetError(error)
        ? ([error.status, toProblem(error)] as const)
        : ([500, { code: "unexpected", detail: String(error) }] as const),
  );
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify(body));
}

const server = createServer((request, response) => void answer(request, response));

async function end(): Promise<void> {
  server.close();
  await budget.close({ waitMs: 30_000 });
  await opened.end();
  process.disconnect();
}

// Ctrl-C reaches the whole group: whoever started this process sees to its end.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());
process.on("message", () => void end());
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) tell({ port: address.port });
});
