/** The suite barks: each adapter here has one fault, and the test that is meant for it must fail. */
import type { ServerResponse } from "node:http";
import { BudgetError, memory } from "@assistants-budget/core";
import type { SeenRequest } from "../src/index.ts";
import { before, framing, identifying, ownId, routing, writing } from "./adapter-planting.ts";
import { type Planted, declareFaults } from "./planted-adapter.ts";

const FAULTS: Readonly<Record<string, Planted>> = {
  "answers 500 for refusals": {
    notices: "budget_exceeded is a 402: the user's limit is spent",
    ...writing((status, headers) => [status === 402 ? 500 : status, headers]),
  },
  "answers 429, which clients send again": {
    notices: "run_exceeds_budget is a 402: not even an untouched limit could carry it",
    ...writing((status, headers) => [status === 402 ? 429 : status, headers]),
  },
  "drops problem+json": {
    notices: "whoever asks for JSON or for anything gets a problem",
    ...writing((status, headers) => [status, { ...headers, "Content-Type": "application/json" }]),
  },
  "does not say when to come back": {
    notices: "budget_in_flight is a 402 with a short wait: running calls hold the money",
    ...writing((status, { "Retry-After": _wait, ...headers }) => [status, headers]),
  },
  "lets refusals be cached": {
    notices: "thread_not_found is a 404: the thread is somebody else's",
    ...writing((status, { "Cache-Control": _cache, ...headers }) => [status, headers]),
  },
  "takes the user from a header": {
    notices: "a claim to be somebody else in a header never changes who pays",
    ...identifying((req) => req.headers["x-user-id"] ?? ownId(req)),
  },
  "takes the user from the body": {
    notices: "a claim to be somebody else in a body never changes who pays",
    ...identifying((req) => req.body?.userId ?? ownId(req)),
  },
  "takes the user from the query": {
    notices: "a claim to be somebody else in a query never changes who pays",
    ...identifying(
      (req) => new URL(req.url ?? "", "http://x").searchParams.get("user") ?? ownId(req),
    ),
  },
  "takes an address for a user": {
    notices: "a claim to be somebody else in an address never changes who pays",
    ...identifying((req) => ownId(req) ?? req.headers["x-forwarded-for"]),
  },
  "knows users by the type of their id, too": {
    notices: "an id that is a number, a bigint or its text is one user",
    ...identifying((req) => ownId(req) && `${typeof ownId(req)} ${ownId(req)}`),
  },
  "makes a user of an object": {
    notices: "a sign-in that names nobody is nobody",
    ...identifying(
      ({ user }) => user && JSON.stringify(user, (_, value) => String(value)).slice(0, 9),
    ),
  },
  "runs everything under one user": {
    notices: "each user has a limit of their own",
    ...identifying(() => "everybody"),
  },
  "remembers the user of a connection": {
    notices: "each request on a connection is paid by its own user",
    ...identifying((req) => {
      const { socket }: { readonly socket: { user?: unknown } } = req as never;
      return (socket.user ??= ownId(req));
    }),
  },
  "closes the connection with a refusal": {
    notices: "a keep-alive connection survives a refusal: the same socket answers the next request",
    ...writing((status, headers) => [
      status,
      { ...headers, ...(status >= 400 && { Connection: "close" }) },
    ]),
  },
  "keeps a ledger of its own": {
    notices: "an allowed run is answered and charged: the ledger's line is the invoice's",
    app: (app) => ({ ...app, options: { ...app.options, store: memory() } }),
  },
  "looks whether money is left, and adds up afterwards": {
    notices: "200 requests at once on a small limit: 200 and 402, and never beyond it",
    app: ({ options, ...app }) => {
      const { limits: _limits, ...unlimited } = options;
      const look = async (): Promise<void> => {
        const lines = (await options.store?.lines({ limit: 1_000 })) ?? [];
        const spent = lines.reduce(
          (sum, line) => sum + ("charge" in line ? line.charge.nano : 0),
          0,
        );
        if (spent >= 10_000_000) throw new BudgetError("budget_exceeded", { message: "Spent." });
      };
      const looking = routing(({ handler, ...route }) => ({
        ...route,
        handler: before(handler, look),
      }));
      return looking.app({ ...app, options: unlimited });
    },
  },
  "stops a run whose client has left": {
    notices: "a client that leaves in the middle: what was begun is finished, charged and kept",
    seen: (seen, res) => {
      const left = new AbortController();
      res.once("close", () => left.abort());
      const assistants = () => {
        const own = seen.assistants();
        const { signal } = left;
        return {
          ...own,
          run: (call: Parameters<typeof own.run>[0]) => own.run({ ...call, signal }),
        };
      };
      return { ...seen, assistants };
    },
  },
  "loses policies": {
    notices: "a route's policy lowers the user's limit on that route",
    ...routing(({ policy: _policy, ...route }) => route),
  },
  "puts the policy of one route on all": {
    notices: "the policy of one request says nothing of the next",
    ...routing((route, { routes }) => {
      const policy = routes.find((one) => one.policy)?.policy;
      return policy ? { ...route, policy } : route;
    }),
  },
  "guards after the handler": {
    notices: "a guard refuses before the handler runs",
    ...routing(({ guard, ...route }) => {
      const { handler } = route;
      if (!guard || handler.kind !== "json") return route;
      const answer = async (request: SeenRequest) => {
        const answered: unknown = await handler.answer(request);
        await request.assistants().check();
        return answered;
      };
      return { ...route, handler: { kind: "json", answer } };
    }),
  },
  "guards preflights": {
    notices: "a guard lets a preflight pass, which never carries a sign-in",
    ...routing((route) => ({
      ...route,
      handler: before(route.handler, async ({ assistants }) =>
        route.guard ? assistants().check() : undefined,
      ),
    })),
  },
  "shows what others have spent": {
    notices: "balances are the user's own, as they stand, and never cached",
    answer: (res) => res.setHeader("cache-control", "no-store"),
    ...routing(({ handler, ...route }) => ({
      ...route,
      handler:
        handler.kind === "balances"
          ? {
              kind: "json",
              answer: async ({ assistants }) => ({ balances: await assistants().balances() }),
            }
          : handler,
    })),
  },
  "asks for money at each request": {
    notices: "a route that never touches the assistants works for a user without money",
    ...routing((route) => ({
      ...route,
      handler: before(route.handler, ({ assistants }) => assistants().check()),
    })),
  },
  "looks the user up at each request": {
    notices: "a route that never touches the assistants looks nobody up",
    ...routing((route) => ({
      ...route,
      handler: before(route.handler, async ({ assistants }) => {
        await assistants().balances();
      }),
    })),
  },
  "answers the app's own errors": {
    notices: "an error of the app's own passes untouched",
    app: (app) => ({
      ...app,
      ...(app.mounted &&
        routing(({ handler, ...route }) => ({
          ...route,
          handler: before(handler, async () => {
            if (/teapot|policed/.test(route.path)) throw new Error("something went wrong");
          }),
        })).app(app)),
    }),
  },
  "begins a stream before it knows": {
    notices: "a streaming refusal before the first byte is a plain 402",
    ...framing(async function* early(frames) {
      yield ": here it comes\n\n";
      yield* frames;
    }),
  },
  "holds a stream back until it is whole": {
    notices: "a streaming answer comes while it is being made",
    ...framing(async function* late(frames) {
      let whole = "";
      for await (const frame of frames) whole += frame;
      yield whole;
    }),
  },
  "ends a stream without a word": {
    notices: "a refusal after headers were sent ends the stream with an error event",
    answer: (res) => {
      const end = res.end.bind(res) as (body?: string) => ServerResponse;
      Object.assign(res, {
        end: (body?: string) => (body?.startsWith("event: problem") ? end() : end(body)),
      });
    },
  },
};

declareFaults(FAULTS);
