import type { IncomingMessage, ServerResponse } from "node:http";
import { type Assistants, type PolicyOptions, memory } from "@assistants-budget/core";
import { type HttpOptions, createHttpBudget } from "@assistants-budget/core/http";

/** A request of `node:http` on which the app's sign-in has put the user. */
export interface Request extends IncomingMessage {
  user?: unknown;
  assistants?: Assistants;
}

export type Handler = (req: Request, res: ServerResponse) => Promise<void>;

/** An adapter for `node:http` alone: `budget.mount(app)` gives every request `req.assistants`. */
export function assistantsBudget(options: HttpOptions<Request> = {}) {
  const http = createHttpBudget<Request>(options, {
    env: process.env,
    store: () => memory(),
    slots: ({ user }) => [user],
  });
  const { budget } = http;

  const mount =
    (next: Handler): Handler =>
    async (req, res) => {
      req.assistants = http.assistants(req);
      res.once("finish", () => http.answered(req, res.statusCode));
      try {
        await next(req, res);
      } catch (error) {
        const begun = res.headersSent;
        const streams = begun && res.getHeader("content-type") === "text/event-stream";
        const accept = begun ? undefined : req.headers.accept;
        const answer = begun && !streams ? undefined : http.answer(error, accept);
        if (!answer) throw error;
        if (begun) res.end(`event: problem\ndata: ${answer.body}\n\n`);
        else res.writeHead(answer.status, answer.headers).end(answer.body);
      }
    };
  const policy = (narrower: PolicyOptions, next: Handler): Handler => {
    const ready = budget.policy(narrower);
    return (req, res) => {
      http.narrow(req, ready);
      return next(req, res);
    };
  };
  const guard = (narrower: PolicyOptions, next: Handler): Handler =>
    policy(narrower, async (req, res) => {
      if (req.method !== "OPTIONS") await http.assistants(req).check();
      await next(req, res);
    });
  const balances: Handler = async (req, res) => {
    const body = JSON.stringify(await http.balances(req));
    res.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
    res.end(body);
  };
  return { ...http.app, mount, policy, guard, balances };
}
