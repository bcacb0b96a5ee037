import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type Handler, type Route, adapterSuite } from "@assistants-budget/testkit";
import { serve } from "@hono/node-server";
import { describe, test } from "vitest";
import { type Assistants, type FetchBudget, assistantsBudget, memory } from "../src/index.ts";

type Handle = (request: Request) => Promise<Response>;

/** What the app's sign-in says of each request. */
const users = new WeakMap<Request, unknown>();

const ID = /^(id|userId|sub)$/;

/** As an app would have it: whoever has an id of its own is signed in. */
function identify(request: Request): string | number | bigint | undefined {
  const user = users.get(request);
  if (typeof user !== "object" || user === null) return undefined;
  return Object.entries(user).find(([name]) => ID.test(name))?.[1] as string | undefined;
}

async function respond(
  handler: Exclude<Handler, { kind: "balances" }>,
  request: Request,
  own: Own,
) {
  const body = await request.text();
  const seen = {
    assistants: own.assistants,
    body: body === "" ? undefined : JSON.parse(body),
    user: users.get(request),
  };
  if (handler.kind === "run") return own.budget.events(handler.stream(seen));
  if (handler.kind === "events") return own.budget.events(handler.frames(seen));
  return Response.json(await handler.answer(seen));
}

interface Own {
  readonly assistants: () => Assistants;
  readonly budget: FetchBudget;
}

function absent(): never {
  throw new TypeError("the budget is not mounted");
}

/** A route of the app: its path, and what answers there. */
function routeOf(route: Route, budget: FetchBudget, mounted: boolean): [string, Handle] {
  const { method, path, router, policy = {}, guard, handler } = route;
  const at = `${method.toUpperCase()} ${router?.path ?? ""}${path}`;
  if (handler.kind === "balances") return [at, budget.balances()];
  if (!mounted) {
    return [at, (request) => respond(handler, request, { assistants: absent, budget })];
  }
  let handle = budget.handler(
    (request, { assistants }) =>
      respond(handler, request, { assistants: () => assistants, budget }),
    guard ? { ...guard, guard: true } : policy,
  );
  if (guard && route.policy) handle = budget.handler(handle, policy);
  return [at, router ? budget.handler(handle, router.policy) : handle];
}

class Teapot extends Error {
  readonly status = 418;
}

/** What stands around handlers in a server that speaks fetch. */
function serverOf(handlers: ReadonlyMap<string, Handle>): Handle {
  return async (request) => {
    const method = request.method === "HEAD" ? "GET" : request.method;
    const handle = handlers.get(`${method} ${new URL(request.url).pathname}`);
    if (!handle) return new Response("not found", { status: 404 });
    try {
      return await handle(request);
    } catch (error) {
      const status = error instanceof Teapot ? error.status : 500;
      return new Response("failed", { status });
    }
  };
}

adapterSuite(
  { describe, test },
  {
    places: false,
    teapot: () => new Teapot("short and stout"),
    start: async ({ options, mounted, signIn, routes }) => {
      const budget = assistantsBudget({ identify, ...options, store: options.store ?? memory() });
      const app = serverOf(new Map(routes.map((route) => routeOf(route, budget, mounted))));
      const fetch = (request: Request) => {
        users.set(request, signIn(Object.fromEntries(request.headers)));
        return app(request);
      };
      const server = serve({ fetch, hostname: "127.0.0.1", port: 0 });
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      return {
        url: `http://127.0.0.1:${port}`,
        close: async () => {
          server.close();
          if ("closeAllConnections" in server) server.closeAllConnections();
          await budget.close();
        },
      };
    },
  },
);
