/** What the compiler knows. `tsc -b` compiles this file: a line that should fail and does not is an error. */
import { expectTypeOf, test } from "vitest";
import {
  type Assistants,
  type Budgeted,
  type FetchOptions,
  assistantsBudget,
  memory,
  withBudget,
} from "../src/index.ts";

const store = memory();
const options: FetchOptions = { limits: {}, store, identify: () => "alice" };

/** As Next's own: a request with more, and a context with the route's parameters. */
class NextRequest extends Request {
  readonly nextUrl = new URL("http://localhost");
}
interface RouteContext {
  params: Promise<{ thread: string }>;
}

test("a handler keeps the type of its request and of what follows", () => {
  const budget = assistantsBudget(options);
  const handle = budget.handler((request: NextRequest, { assistants }, port: number) => {
    expectTypeOf(assistants).toEqualTypeOf<Assistants>();
    return Response.json([request.nextUrl.href, port]);
  });
  expectTypeOf(handle).toEqualTypeOf<(request: NextRequest, port: number) => Promise<Response>>();
  expectTypeOf(budget.handler(() => new Response())).toExtend<
    (request: Request) => Promise<Response>
  >();
});

test("`withBudget()` gives what Next expects of a route", () => {
  const POST = withBudget(
    async (request: NextRequest, { assistants, params }: RouteContext & Budgeted) => {
      expectTypeOf(assistants).toEqualTypeOf<Assistants>();
      return Response.json([request.nextUrl.href, (await params).thread]);
    },
    options,
  );
  expectTypeOf(POST).toExtend<(request: NextRequest, context: RouteContext) => Promise<Response>>();
  const plain = withBudget((_request, { assistants }) => {
    expectTypeOf(assistants).toEqualTypeOf<Assistants>();
    return new Response();
  }, options);
  expectTypeOf(plain).toExtend<
    (request: NextRequest, context: RouteContext) => Promise<Response>
  >();
});

test("a store and who is asking are required; a wrong limit does not compile", () => {
  const shared: FetchOptions = { store, anonymous: "shared" };
  const named: FetchOptions = { store, identify: async () => ({ id: 7, tenant: "a" }) };
  // @ts-expect-error -- there is no default store
  const noStore: FetchOptions = { identify: () => "alice" };
  // @ts-expect-error -- nobody can be found
  const nobody: FetchOptions = { store };
  // @ts-expect-error -- nobody is admitted
  const denied: FetchOptions = { store, anonymous: "deny" };
  // @ts-expect-error -- true is nobody
  const truth: FetchOptions = { store, identify: () => true };
  // @ts-expect-error -- a currency is missing
  const noCurrency: FetchOptions = { ...options, limits: { user: "1/day" } };
  for (const one of [shared, named, noStore, nobody, denied, truth, noCurrency])
    expectTypeOf(one).toEqualTypeOf<FetchOptions>();
});
