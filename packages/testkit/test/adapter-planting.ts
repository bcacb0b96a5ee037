/** Ways to plant a fault in an adapter. */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { AppDescription, Handler, Route, SeenRequest } from "../src/index.ts";
import type { Fault } from "./adapter-harness.ts";
import type { Request } from "./node-adapter.ts";

/** Finds the user in a way of its own. */
export const identifying = (identify: (req: Parsed) => unknown): Pick<Fault, "app"> => ({
  app: (app) => ({
    ...app,
    options: { ...app.options, identify: (req) => identify(req as Parsed) as string },
  }),
});

interface Parsed extends Request {
  readonly user?: { readonly id?: string };
  readonly body?: { readonly userId?: string };
}

export const ownId = ({ user }: Parsed) => user?.id;

/** Changes each route. */
export const routing = (
  change: (route: Route, app: AppDescription) => Route,
): Required<Pick<Fault, "app">> => ({
  app: (app) => ({ ...app, routes: app.routes.map((route) => change(route, app)) }),
});

/** Changes what a stream sends. */
export const framing = (
  change: (frames: AsyncIterable<string>) => AsyncIterable<string>,
): Pick<Fault, "app"> =>
  routing(({ handler, ...route }) => ({
    ...route,
    handler:
      handler.kind === "events"
        ? { kind: "events", frames: (request) => change(handler.frames(request)) }
        : handler,
  }));

/** Does something before each handler that answers JSON. */
export const before = (handler: Handler, act: (request: SeenRequest) => Promise<void>): Handler =>
  handler.kind === "json"
    ? {
        kind: "json",
        answer: async (request) => {
          await act(request);
          return handler.answer(request);
        },
      }
    : handler;

/** Changes status and headers as they go out. */
export const writing = (
  change: (status: number, headers: OutgoingHttpHeaders) => readonly [number, OutgoingHttpHeaders],
): Pick<Fault, "answer"> => ({
  answer: (res) => {
    const writeHead = res.writeHead.bind(res) as (
      status: number,
      headers: OutgoingHttpHeaders,
    ) => ServerResponse;
    Object.assign(res, {
      writeHead: (status: number, headers: OutgoingHttpHeaders = {}) =>
        writeHead(...change(status, headers)),
    });
  },
});
