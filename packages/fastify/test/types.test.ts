/** What the compiler knows. `tsc -b` compiles this file: a line that should fail and does not is an error. */
import { type FastifyInstance, type FastifyRequest, fastify } from "fastify";
import { expectTypeOf, test } from "vitest";
import {
  type Assistants,
  type FastifyBudget,
  type FastifyOptions,
  type Run,
  assistantsBudget,
  memory,
} from "../src/index.ts";

test("`request.assistants` and `app.budget` are there, and typed, once the package is imported", () => {
  expectTypeOf<FastifyRequest["assistants"]>().toEqualTypeOf<Assistants>();
  expectTypeOf<ReturnType<FastifyRequest["assistants"]["run"]>>().toEqualTypeOf<Promise<Run>>();
  expectTypeOf<FastifyInstance["budget"]>().toEqualTypeOf<FastifyBudget>();
});

test("a wrong limit does not compile", () => {
  const right: FastifyOptions = {
    limits: { user: ["$1/day", "500k tokens/month", "100 runs/hour"], app: "unlimited" },
  };
  // @ts-expect-error -- a currency is missing
  const noCurrency: FastifyOptions = { limits: { user: "1/day" } };
  // @ts-expect-error -- there is no such option
  const noOption: FastifyOptions = { limit: {} };
  for (const one of [right, noCurrency, noOption])
    expectTypeOf(one).toEqualTypeOf<FastifyOptions>();
});

test("a route's `config` knows its budget, and its hooks fit every stage of every route", async () => {
  const app = fastify();
  await app.register(assistantsBudget, { store: memory(), log: app.log });
  const { budget } = app;
  const hook = budget.guard({ maxSteps: 1 });
  app.addHook("onRequest", hook);
  app.post<{ Body: { readonly message: string }; Params: { readonly id: string } }>(
    "/chat/:id",
    {
      config: { budget: { limits: { run: "$0.05" }, override: true } },
      onRequest: hook,
      preValidation: [budget.policy({ maxSteps: 2 })],
      preHandler: hook,
    },
    async ({ assistants, body, params }) => {
      expectTypeOf(params.id).toEqualTypeOf<string>();
      return assistants.run({ input: body.message });
    },
  );
  app.get("/off", { config: { budget: false } }, budget.balances());
  app.post<{ Body: string }>("/events", async ({ assistants, body }, reply) =>
    budget.events(reply, assistants.stream({ input: body })),
  );
  // @ts-expect-error -- a currency is missing
  const wrong = () => app.get("/1", { config: { budget: { limits: { run: "1" } } } }, () => "");
  // @ts-expect-error -- options of the plugin are checked as well
  const noOption = () => app.register(assistantsBudget, { limit: {} });
  expectTypeOf([wrong, noOption]).toBeArray();
  await app.close();
});

test("servers of other kinds take the plugin as well", () => {
  const secure = fastify({ http2: true, logger: true });
  const either = () => [
    secure.register(assistantsBudget, { limits: { run: "$1" } }),
    secure.register(assistantsBudget({ limits: { run: "$1" } })),
  ];
  secure.get("/", async ({ assistants }) => {
    expectTypeOf(assistants).toEqualTypeOf<Assistants>();
  });
  expectTypeOf(either).toBeFunction();
});

test("`identify` sees Fastify's request and gives back an id", () => {
  expectTypeOf(assistantsBudget).toBeCallableWith({ identify: (request) => request.id });
  expectTypeOf(assistantsBudget).toBeCallableWith({
    identify: async () => ({ id: 7, tenant: "a" }),
  });
});
