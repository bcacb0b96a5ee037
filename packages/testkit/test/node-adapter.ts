import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type Assistants,
  type PolicyOptions,
  type RunStream,
  memory,
} from "@assistants-budget/core";
import {
  EVENT_STREAM_HEADERS,
  type HttpOptions,
  createHttpBudget,
} from "@assistants-budget/core/http";

/** A request of `node:http` on which the app's sign-in has put the user. */
export interface Request extends IncomingMessage {
  user?: unknown;
  assistants?: Assistants;
  /** Its response, where headers may go. */
  res?: ServerResponse;
}

export type Handler = (req: Request, res: ServerResponse) => Promise<void>;

/** An adapter for `node:http` alone: `budget.mount(app)` gives every request `req.assistants`. */
export function assistantsBudget(options: HttpOptions<Request> = {}) {
  const http = createHttpBudget<Request>(options, {
    env: process.env,
    store: () => memory(),
    slots: ({ user }) => [user],
    setHeaders: ({ res }, headers) => {
      if (!res?.headersSent) res?.setHeaders(new Map(Object.entries(headers)));
    },
  });

  const mount =
    (next: Handler): Handler =>
    async (req, res) => {
      Object.assign(req, { res, assistants: http.assistants(req) });
      res.once("finish", () => http.answered(req, res.statusCode));
      try {
        await next(req, res);
      } catch (error) {
        const answer = http.answer(error, {
          begun: res.headersSent,
          type: String(res.getHeader("content-type")),
          accept: req.headers.accept,
        });
        if (!answer) throw error;
        if ("event" in answer) res.end(answer.event);
        else res.writeHead(answer.status, answer.headers).end(answer.body);
      }
    };
  const policy = (narrower: PolicyOptions, next: Handler, isRoute = true): Handler => {
    const ready = http.policy(narrower);
    return (req, res) => {
      http.narrow(req, ready, isRoute);
      return next(req, res);
    };
  };
  const guard = (narrower: PolicyOptions, next: Handler): Handler =>
    policy(narrower, async (req, res) => {
      await http.guard(req, req.method ?? "");
      await next(req, res);
    });
  const balances: Handler = async (req, res) => {
    const body = JSON.stringify(await http.balances(req));
    res.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
    res.end(body);
  };
  const events = async (res: ServerResponse, source: RunStream): Promise<void> => {
    const frames = await http.events(source);
    res.writeHead(200, EVENT_STREAM_HEADERS);
    for await (const frame of frames) res.write(frame);
    res.end();
  };
  return { ...http.app, mount, policy, guard, balances, events };
}
