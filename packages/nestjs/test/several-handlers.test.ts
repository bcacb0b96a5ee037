/** Handlers that share a request: what stands upon one of them is never spent, or passed by, by another. */
import "reflect-metadata";
import { Test } from "@nestjs/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  Budget,
  BudgetGuard,
  BudgetModule,
  SkipBudget,
  isBudgetError,
  memory,
} from "../src/index.ts";
import { SHARED } from "../src/shared.ts";

class Resolvers {
  chat() {}
  dear() {}
  cheap() {}
  skipped() {}
}
const on = (name: keyof Resolvers, decorator: MethodDecorator) =>
  decorator(
    Resolvers.prototype,
    name,
    Object.getOwnPropertyDescriptor(Resolvers.prototype, name) ?? {},
  );
on("dear", Budget({ limits: { user: "9 runs/day" }, override: true }));
on("cheap", Budget({ limits: { user: "0 runs/day" } }));
on("skipped", SkipBudget());

/** What the guard says of handlers that one request has come to, in this order. */
async function guarded(...names: readonly (keyof Resolvers)[]): Promise<readonly unknown[]> {
  const given = { store: memory(), apiKey: "sk-test", limits: { user: "1 run/day" } } as const;
  const app = await Test.createTestingModule({
    imports: [BudgetModule.forRootAsync({ useFactory: async () => given })],
  }).compile();
  onTestFinished(() => app.close());
  const guard = new BudgetGuard(app.get(SHARED, { strict: false }));
  const request = { method: "POST", headers: {}, user: { id: "alice" } };
  const said: unknown[] = [];
  for (const name of names) {
    const context = {
      getType: () => "http",
      getClass: () => Resolvers,
      getHandler: () => Resolvers.prototype[name],
      switchToHttp: () => ({ getRequest: () => request, getResponse: () => ({}) }),
    };
    const end: unknown = await guard.canActivate(context as never).catch((e: unknown) => e);
    const cause = end instanceof Error ? end.cause : end;
    said.push(isBudgetError(cause) ? cause.code : cause);
  }
  return said;
}

describe("several handlers on one request, as resolvers of GraphQL are", () => {
  test("each is under its own policy as well", async () => {
    expect(await guarded("chat", "cheap")).toEqual([true, "run_exceeds_budget"]);
  });

  test("one that is taken out takes no other one out", async () => {
    expect(await guarded("skipped", "cheap")).toEqual([true, "run_exceeds_budget"]);
  });

  test("what one may raise, no other one spends", async () => {
    expect(await guarded("dear", "chat")).toEqual([true, "invalid_options"]);
    expect(await guarded("chat", "dear")).toEqual([true, "invalid_options"]);
    expect(await guarded("dear", "dear")).toEqual([true, true]);
  });
});
