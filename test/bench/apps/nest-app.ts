/** Decorators are called as functions: Node does not run their syntax. */
import "reflect-metadata";
import { BudgetModule, memory } from "@assistants-budget/nestjs";
import { Controller, Get, Module, type ModuleMetadata, type NestInterceptor } from "@nestjs/common";
import { APP_INTERCEPTOR, NestFactory } from "@nestjs/core";
import { BUDGET, type RouteJob, serveRoute } from "./serve-route.ts";

const noOp: NestInterceptor = { intercept: async (_context, next) => next.handle() };

const MODULES: Readonly<Record<RouteJob["added"], () => ModuleMetadata>> = {
  none: () => ({}),
  "no-op": () => ({ providers: [{ provide: APP_INTERCEPTOR, useValue: noOp }] }),
  ours: () => ({ imports: [BudgetModule.forRoot({ ...BUDGET, store: memory() })] }),
};

class Root {
  answer() {
    return { ok: true };
  }
}
Controller()(Root);
const { prototype } = Root;
Get()(prototype, "answer", Object.getOwnPropertyDescriptor(prototype, "answer") ?? {});

serveRoute(async (added: RouteJob["added"]) => {
  class App {}
  Module({ ...MODULES[added](), controllers: [Root] })(App);
  const app = await NestFactory.create(App, { logger: false, abortOnError: false });
  await app.init();
  return app.getHttpAdapter().getInstance();
});
