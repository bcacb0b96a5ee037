import "reflect-metadata";
import { Readable } from "node:stream";
import {
  type AppDescription,
  type Handler,
  type Route,
  type SeenRequest,
  adapterSuite,
} from "@assistants-budget/testkit";
import * as nest from "@nestjs/common";
import { HttpException, StreamableFile, UseGuards } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { describe, test } from "vitest";
import {
  Budget,
  BudgetGuard,
  BudgetModule,
  BudgetService,
  type NestRequest,
} from "../src/index.ts";

interface Parsed extends NestRequest {
  readonly body?: unknown;
  readonly assistants: ReturnType<SeenRequest["assistants"]>;
}

const METHODS = { get: nest.Get, post: nest.Post, options: nest.Options };

/** A controller as an author would write it, one for each route. */
function controllerOf({ method, path, router, policy, guard, handler }: Route): new () => object {
  class Described {
    handle(req: Parsed, budget: BudgetService) {
      return answer(handler, req, budget);
    }
  }
  const decorators = [
    METHODS[method](path),
    ...(method === "post" ? [nest.HttpCode(200)] : []),
    ...(policy ? [Budget(policy)] : []),
    ...(guard ? [UseGuards(BudgetGuard), Budget(guard)] : []),
  ];
  const { prototype } = Described;
  const property = Object.getOwnPropertyDescriptor(prototype, "handle") ?? {};
  for (const decorator of decorators.toReversed()) decorator(prototype, "handle", property);
  nest.Req()(prototype, "handle", 0);
  nest.createParamDecorator((_data: unknown, context: nest.ExecutionContext) =>
    Reflect.get(context.switchToHttp().getRequest<object>(), "budget"),
  )()(prototype, "handle", 1);
  if (router) Budget(router.policy)(Described);
  nest.Controller(router?.path ?? "")(Described);
  return Described;
}

async function answer(handler: Handler, req: Parsed, budget: BudgetService): Promise<unknown> {
  if (handler.kind === "balances") return budget.balances(req);
  const seen = { assistants: () => req.assistants, body: req.body, user: req.user };
  if (handler.kind === "json") return handler.answer(seen);
  if (handler.kind === "run") return budget.events(handler.stream(seen));
  return new StreamableFile(Readable.from(handler.frames(seen)), { type: "text/event-stream" });
}

for (const platform of ["Express", "Fastify"] as const)
  describe(`on ${platform}`, () => {
    adapterSuite(
      { describe, test },
      {
        start: async ({ options, mounted, signIn, routes }: AppDescription) => {
          class App {}
          nest.Module({
            imports: mounted ? [BudgetModule.forRoot(options)] : [],
            controllers: routes.map(controllerOf),
          })(App);
          const settings = { logger: false, abortOnError: false } as const;
          const app =
            platform === "Fastify"
              ? await NestFactory.create(App, new FastifyAdapter(), settings)
              : await NestFactory.create(App, settings);
          // Guards run before handlers: where an app signs people in.
          app.useGlobalGuards({
            canActivate: (context: nest.ExecutionContext) => {
              const request = context.switchToHttp().getRequest<NestRequest>();
              const budget = mounted ? app.get(BudgetService) : undefined;
              Object.assign(request, { user: signIn(request.headers), budget });
              return true;
            },
          });
          await app.listen(0, "127.0.0.1");
          return { url: await app.getUrl(), close: () => app.close() };
        },
        teapot: () => new HttpException("short and stout", 418),
      },
    );
  });
