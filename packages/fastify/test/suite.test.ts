import { Readable } from "node:stream";
import { type Handler, type Route, adapterSuite } from "@assistants-budget/testkit";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { describe, test } from "vitest";
import { type FastifyBudget, assistantsBudget } from "../src/index.ts";

function handlerOf(handler: Handler, budget: FastifyBudget) {
  if (handler.kind === "balances") return budget.balances();
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const seen = {
      assistants: () => request.assistants,
      body: request.body,
      user: Reflect.get(request, "user"),
    };
    if (handler.kind === "json") return handler.answer(seen);
    if (handler.kind === "run") return budget.events(reply, handler.stream(seen));
    return reply.type("text/event-stream").send(Readable.from(handler.frames(seen)));
  };
}

function add(scope: FastifyInstance, route: Route, budget: FastifyBudget): void {
  const { method, path: url, policy, guard, handler } = route;
  scope.route({
    method,
    url,
    ...(policy ? { config: { budget: policy } } : {}),
    ...(guard ? { preHandler: budget.guard(guard) } : {}),
    handler: handlerOf(handler, budget),
  });
}

adapterSuite(
  { describe, test },
  {
    start: async ({ options, mounted, signIn, routes }) => {
      const [app, budget] = [fastify(), assistantsBudget(options)];
      app.addHook("onRequest", async (request) => {
        Object.assign(request, { user: signIn(request.headers) });
      });
      if (mounted) await app.register(budget);
      for (const route of routes) {
        const { router } = route;
        if (!router) add(app, route, budget);
        else
          await app.register(
            async (scope) => {
              scope.addHook("preHandler", budget.policy(router.policy));
              add(scope, route, budget);
            },
            { prefix: router.path },
          );
      }
      const url = await app.listen({ host: "127.0.0.1", port: 0 });
      return {
        url,
        close: async () => {
          app.server.closeAllConnections();
          await app.close();
          await budget.close();
        },
      };
    },
  },
);
