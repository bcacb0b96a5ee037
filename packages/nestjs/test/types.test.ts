import "reflect-metadata";
import { Controller } from "@nestjs/common";
import { expectTypeOf, test } from "vitest";
import {
  type Assistants,
  Budget,
  BudgetModule,
  type BudgetService,
  type NestOptions,
  type NestRequest,
  type Run,
  SkipBudget,
} from "../src/index.ts";

test("options are those of every adapter, and identify gets the request", () => {
  expectTypeOf<Parameters<NonNullable<NestOptions["identify"]>>[0]>().toEqualTypeOf<NestRequest>();
  expectTypeOf(BudgetModule.forRoot).toBeCallableWith({ limits: { user: "$1/day" } });
  expectTypeOf(BudgetModule.forRoot).toBeCallableWith({ isGlobal: false, filter: false });
  // @ts-expect-error -- a limit is a text such as "$1/day"
  expectTypeOf(BudgetModule.forRoot).toBeCallableWith({ limits: { user: 5 } });
});

test("decorators stand on controllers and on handlers", () => {
  @Controller()
  @Budget({ limits: { user: "$1/day" } })
  class Typed {
    @SkipBudget()
    @Budget({ limits: { run: "$0.01" }, override: true })
    handle() {}
  }
  expectTypeOf<Typed>().toHaveProperty("handle");
  // @ts-expect-error -- there is no such policy
  Budget({ limit: "$1" });
});

test("assistants and service are typed", () => {
  expectTypeOf<ReturnType<Assistants["run"]>>().resolves.toEqualTypeOf<Run>();
  expectTypeOf<ReturnType<BudgetService["assistants"]>>().toEqualTypeOf<Assistants>();
});
