/** The adapter of `docs/write-an-adapter.md` under a framework of a few lines, sound or with one fault. */
import type { ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { type AdapterHarness, type AppDescription, type SeenRequest, serve } from "../src/index.ts";
import { type Handler, type Request, assistantsBudget } from "./node-adapter.ts";

/** Where a fault is planted. */
export interface Fault {
  /** Changes what the app is made of. */
  readonly app?: (app: AppDescription) => AppDescription;
  /** Changes what a handler sees. */
  readonly seen?: (seen: SeenRequest, res: ServerResponse) => SeenRequest;
  /** Changes what goes out. */
  readonly answer?: (res: ServerResponse) => void;
}

interface Parsed extends Request {
  body?: unknown;
}

export function nodeHarness({
  app = same,
  seen = same,
  answer = same,
}: Fault = {}): AdapterHarness {
  const start = ({ options, mounted, signIn, routes }: AppDescription) => {
    const budget = assistantsBudget(options);
    const handlers = new Map<string, Handler>(
      routes.map(({ method, path, handler, policy, guard, router }) => {
        let handle: Handler = async (req: Parsed, res) => {
          const request = seen(seenIn(req), res);
          if (handler.kind === "balances") return budget.balances(req, res);
          if (handler.kind === "run") return budget.events(res, handler.stream(request));
          if (handler.kind === "events") return sendFrames(res, handler.frames(request));
          sendJson(res, 200, await handler.answer(request));
        };
        if (guard) handle = budget.guard(guard, handle);
        if (policy) handle = budget.policy(policy, handle);
        if (router) handle = budget.policy(router.policy, handle, false);
        return [`${method} ${router?.path ?? ""}${path}`, handle] as const;
      }),
    );
    const route: Handler = async (req, res) => {
      const [path] = (req.url ?? "").split("?");
      const method = req.method === "HEAD" ? "get" : req.method?.toLowerCase();
      const handle = handlers.get(`${method} ${path}`);
      if (handle) await handle(req, res);
      else sendJson(res, 404, { error: "not found" });
    };
    const listener = mounted ? budget.mount(route) : route;
    const handleAll = async (req: Parsed, res: ServerResponse): Promise<void> => {
      answer(res);
      const body = await text(req);
      Object.assign(req, { user: signIn(req.headers), body: body && JSON.parse(body) });
      await listener(req, res);
    };
    return serve((req, res) => {
      handleAll(req, res).catch((error: { readonly status?: number }) =>
        res.headersSent ? res.destroy() : sendJson(res, error.status ?? 500, { error: "failed" }),
      );
    }, budget.close);
  };
  return { start: (described) => start(app(described)) };
}

const same = <T>(value: T): T => value;

function seenIn(req: Parsed): SeenRequest {
  const assistants = () => {
    if (req.assistants) return req.assistants;
    throw new TypeError("the budget is not mounted");
  };
  return { assistants, body: req.body, user: req.user };
}

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function sendFrames(res: ServerResponse, frames: AsyncIterable<string>): Promise<void> {
  for await (const frame of frames) {
    if (!res.headersSent) res.setHeader("content-type", "text/event-stream");
    res.write(frame);
  }
  res.end();
}
