/** Route handlers as Next.js calls them: `POST(request, { params })`. */
import { describe, expect, test, vi } from "vitest";
import { type Budgeted, memory, withBudget } from "../src/index.ts";
import { ONE, sent, start, told } from "./budget.ts";

/** What Next hands over beside the request. */
interface RouteContext {
  readonly params: Promise<{ thread: string }>;
}

const params = Promise.resolve({ thread: "thread_1" });

/** Runs the assistant and answers with the run. */
const handle = async (_request: Request, { assistants }: Budgeted) =>
  Response.json(await assistants.run({ input: "Hi" }));

/** What a hot reload does: the module is there twice, and its options are made again. */
const reloaded = async () => {
  vi.resetModules();
  return (await import("../src/index.ts")).withBudget;
};

describe("`withBudget()`", () => {
  test("gives a route its assistants beside Next's own context, and answers refusals", async () => {
    const { options } = await start({ ...ONE, name: "context" });
    const POST = withBudget(
      async (_request, { assistants, params: given }: RouteContext & Budgeted) => {
        const run = await assistants.run({ input: "Hi" });
        return Response.json({ reply: run.text, ...(await given) });
      },
      options,
    );
    const first = await POST(sent(), { params });
    expect(await first.json()).toEqual({ reply: "You said: Hi", thread: "thread_1" });
    expect(await told(await POST(sent(), { params }))).toEqual([402, "budget_exceeded"]);
  });

  test("finds the user with a function that needs no request, as `auth()` is one", async () => {
    const { options } = await start({ name: "auth" });
    let session: { user?: { id?: string } } | null = null;
    const auth = async () => session;
    const identify = async () => (await auth())?.user?.id;
    const POST = withBudget(
      async (_request, { assistants }) =>
        Response.json({ subjects: (await assistants.balances()).map(({ subject }) => subject) }),
      { ...options, identify },
    );
    expect((await POST(sent(), {})).status).toBe(401);
    session = { user: { id: "alice" } };
    expect(await (await POST(sent(), {})).json()).toEqual({ subjects: ["alice"] });
  });

  test("has a policy for one route, which counts with the others", async () => {
    const { options } = await start({ limits: { user: "3 runs/day" }, name: "policy" });
    const POST = withBudget(handle, options);
    const less = withBudget(handle, options, { limits: { user: "1 run/day" }, guard: true });
    expect((await POST(sent(), {})).status).toBe(200);
    expect((await less(sent(), {})).status).toBe(402);
    expect((await POST(sent(), {})).status).toBe(200);
  });
});

describe("one store a process", () => {
  test("across hot reloads nothing is forgotten, and the options are the new ones", async () => {
    const { options } = await start({ ...ONE, name: "reloads" });
    const route = (wrap: typeof withBudget, limits: typeof options.limits) =>
      wrap(
        async (_request, { assistants }) => Response.json(await assistants.run({ input: "Hi" })),
        {
          ...options,
          store: memory(),
          ...(limits ? { limits } : {}),
        },
      );
    expect((await route(withBudget, ONE.limits)(sent(), {})).status).toBe(200);
    expect((await route(await reloaded(), ONE.limits)(sent(), {})).status).toBe(402);
    const raised = route(await reloaded(), { user: "2 runs/day" });
    expect((await raised(sent(), {})).status).toBe(200);
    expect((await raised(sent(), {})).status).toBe(402);
  });

  test("of another name, or of another kind, it is another one", async () => {
    const { options } = await start({ ...ONE, name: "first" });
    const run = async (name: string, store = memory()) => {
      const POST = withBudget(handle, { ...options, name, store });
      return (await POST(sent(), {})).status;
    };
    expect(await run("first")).toBe(200);
    expect(await run("first")).toBe(402);
    expect(await run("second")).toBe(200);
    expect(await run("first", { ...memory(), name: "other" })).toBe(200);
  });
});
