/** The routes that most tests use. */
import type { RunEvent, RunOptions } from "@assistants-budget/core";
import type { Handler, Route, SeenRequest } from "./harness.ts";
import { textAt } from "./json.ts";

/** What a client sends, if it sends what it should. */
interface ChatBody {
  readonly message?: string;
  readonly thread?: string;
  readonly assistant?: string;
}

/** Goes on as it came: that it may be anything is the library's to see to. */
function inputOf({ body }: SeenRequest): RunOptions {
  const { message = "Hello", thread, assistant }: ChatBody = Object(body);
  return { input: message, thread, ...(assistant === undefined ? {} : { assistant }) };
}

/** Runs the assistant and answers with what it said. */
export const chat: Handler = {
  kind: "json",
  answer: async (request) => {
    const run = await request.assistants().run(inputOf(request));
    return { reply: run.text, thread: run.thread, run: run.id, cost: run.cost.usd };
  },
};

function frameOf(event: RunEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The same run as server-sent events. */
async function* streamed(request: SeenRequest): AsyncGenerator<string> {
  for await (const event of request.assistants().stream(inputOf(request))) yield frameOf(event);
}

/** The same run by the adapter's own events. */
const events: Handler = {
  kind: "run",
  stream: (request) => request.assistants().stream(inputOf(request)),
};

const stream: Handler = { kind: "events", frames: streamed };

/** A stream that has begun before anybody knows whether there is money. */
const begunStream: Handler = {
  kind: "events",
  async *frames(request) {
    yield ": one moment\n\n";
    yield* streamed(request);
  },
};

/** Never asks for the assistants. */
export const hello: Handler = { kind: "json", answer: () => ({ hello: "world" }) };

/** Fails with an error of the app's own. */
export function failing(error: Error): Handler {
  return {
    kind: "json",
    answer: () => {
      throw error;
    },
  };
}

export const ROUTES: readonly Route[] = [
  { method: "post", path: "/chat", handler: chat },
  { method: "post", path: "/stream", handler: stream },
  { method: "post", path: "/begun-stream", handler: begunStream },
  { method: "post", path: "/events", handler: events },
  { method: "get", path: "/hello", handler: hello },
  { method: "post", path: "/hello", handler: hello },
  { method: "get", path: "/me", handler: { kind: "json", answer: ({ user }) => ({ user }) } },
  { method: "get", path: "/me/budget", handler: { kind: "balances" } },
  {
    method: "post",
    path: "/run",
    handler: {
      kind: "json",
      answer: ({ assistants, body }) => assistants().runs.get(textAt(body, "run")),
    },
  },
];
