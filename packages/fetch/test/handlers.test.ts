/** Handlers of the web, called as a server calls them. */
import { describe, expect, test } from "vitest";
import { type Budgeted, assistantsBudget, isBudgetError, memory } from "../src/index.ts";
import { ONE, SMALL, identify, sent, start, told } from "./budget.ts";

const chat = async (_request: Request, { assistants }: Budgeted): Promise<Response> => {
  const run = await assistants.run({ input: "Hi" });
  return Response.json({ reply: run.text });
};

const never = () => Promise.reject(new Error("asked"));

describe("a handler", () => {
  test("is given its assistants; a refusal is the response", async () => {
    const { budget } = await start(ONE);
    const handle = budget.handler(chat);
    expect(await (await handle(sent())).json()).toEqual({ reply: "You said: Hi" });
    expect(await budget.lines()).toHaveLength(1);

    const refused = await handle(sent());
    expect(refused.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    expect(refused.headers.get("cache-control")).toBe("no-store");
    expect(refused.headers.get("vary")).toBe("Accept");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await told(refused)).toEqual([402, "budget_exceeded"]);
    expect((await handle(sent({ user: null }))).status).toBe(401);
  });

  test("by the app's own client is refused with the same answer", async () => {
    const { budget, simulator } = await start(SMALL);
    await budget.ready();
    const handle = budget.handler(async (_request, { assistants }) => {
      const { client } = assistants;
      return Response.json(await client.responses.create({ model: "gpt-4o-mini", input: "Hi" }));
    });
    expect((await handle(sent())).status).toBe(402);
    expect(simulator.requests()).toHaveLength(0);
  });

  test("gets what else the server hands over, behind its own", async () => {
    const { budget } = await start();
    const handle = budget.handler(
      (_request, _budgeted, ...[env, port]: [{ city: string }, number]) =>
        Response.json([env.city, port]),
    );
    expect(await (await handle(sent(), { city: "Rome" }, 80)).json()).toEqual(["Rome", 80]);
  });

  test("throws the app's own errors on, also when it is not asynchronous", async () => {
    const { budget, logged } = await start();
    const own = new Error("mine");
    const handle = budget.handler(() => {
      throw own;
    });
    await expect(handle(sent())).rejects.toBe(own);
    expect(logged).toEqual({ info: [], warn: [], error: [] });
  });

  test("that never asks looks nobody up and opens nothing", async () => {
    const store = memory();
    const budget = assistantsBudget({
      limits: {},
      store: { ...store, open: never, now: never },
      identify: never,
    });
    const handle = budget.handler(() => new Response("hello"), SMALL);
    expect(await (await handle(sent())).text()).toBe("hello");
  });

  test("may turn a refusal into an answer of its own; one that makes a 500 of it is told", async () => {
    const { budget, logged } = await start(SMALL);
    const answering = (status: number) =>
      budget.handler(async (asked, own) =>
        chat(asked, own).catch((error: unknown) => {
          if (!isBudgetError(error)) throw error;
          return new Response("Come back tomorrow.", { status });
        }),
      );
    expect((await answering(200)(sent())).status).toBe(200);
    expect(logged.warn).toEqual([]);
    expect((await answering(500)(sent())).status).toBe(500);
    expect(logged.warn).toEqual([expect.stringContaining("ERR_AB_REFUSAL_REPLACED")]);
  });
});

describe("a policy", () => {
  test("lowers, and adds up on the way in: around, within", async () => {
    const { budget, simulator } = await start();
    const handle = budget.handler(
      budget.handler(chat, { maxOutputTokens: 900, model: "gpt-4.1" }),
      {
        maxOutputTokens: 700,
      },
    );
    await handle(sent());
    expect(simulator.requests()[0]?.body).toMatchObject({
      max_output_tokens: 700,
      model: "gpt-4.1",
    });
  });

  test("that overrides raises where it stands on the handler itself", async () => {
    const { budget, simulator } = await start(SMALL);
    const more = { limits: { run: "$0.10" }, override: true } as const;
    expect((await budget.handler(chat, more)(sent())).status).toBe(200);
    const around = budget.handler(budget.handler(chat), more);
    expect(await told(await around(sent()))).toEqual([500, "invalid_options"]);
    expect(simulator.requests()).toHaveLength(1);
  });

  test("`guard: true` refuses before the handler runs; a preflight passes", async () => {
    const { budget, simulator } = await start();
    let handled = 0;
    const handle = budget.handler(
      () => {
        handled += 1;
        return new Response("exported");
      },
      { ...SMALL, guard: true },
    );
    expect(await told(await handle(sent()))).toEqual([402, "run_exceeds_budget"]);
    expect(handled).toBe(0);
    expect((await handle(sent({ method: "OPTIONS", user: null }))).status).toBe(200);
    expect(simulator.requests()).toHaveLength(0);
  });

  test("that is wrong stops the app at its start, with its path", async () => {
    const { budget } = await start();
    const wrong = [
      () => budget.handler(chat, { limits: { user: "5" as never } }),
      () => budget.handler(chat, { limits: { user: "unlimited" } }),
      () => budget.handler(chat, { limit: "$1" } as never),
    ];
    for (const make of wrong)
      expect(make).toThrow(expect.objectContaining({ code: "invalid_options" }));
  });
});

test("`events()` sends a run as it happens; a refusal before it is an ordinary 402", async () => {
  const { budget } = await start(ONE);
  const handle = budget.handler((_request, { assistants }) =>
    budget.events(assistants.stream({ input: "Hi" })),
  );
  const response = await handle(sent());
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(await response.text()).toMatch(
    /^event: start\ndata: .*event: text\ndata: .*event: run\ndata: \{.*\}\n\n$/s,
  );
  expect(await told(await handle(sent()))).toEqual([402, "budget_exceeded"]);
});

test("`balances()` answers with the user's own", async () => {
  const { budget } = await start(ONE);
  await budget.handler(chat)(sent());
  const mine = await budget.balances()(sent({ method: "GET" }));
  expect(mine.headers.get("cache-control")).toBe("no-store");
  expect(await mine.json()).toMatchObject({ balances: [{ subject: "alice", spent: 1 }] });
  expect((await budget.balances()(sent({ user: null }))).status).toBe(401);
});

test("headers tell how the nearest limit stands, also on a response that can't be changed", async () => {
  const { budget } = await start({ limits: { user: "4 runs/day" }, headers: "percent" });
  const handle = budget.handler(async (_request, { assistants }) => {
    await assistants.run({ input: "Hi" });
    return Response.redirect("http://localhost/done", 303);
  });
  const { status, headers } = await handle(sent());
  expect([status, headers.get("location")]).toEqual([303, "http://localhost/done"]);
  expect([headers.get("budget-window"), headers.get("budget-remaining")]).toEqual([
    "user-day",
    "75",
  ]);
});

describe("a budget that lacks what it needs is refused where it is made", () => {
  test.for<[string, Record<string, unknown>, RegExp]>([
    ["a store", { identify }, /store: found none; .*redis\(client\).*postgres\(pool\)/],
    ["a store, by name", { identify, name: "none" }, /store: found none/],
    ["who is asking", { store: memory() }, /identify: found none/],
    ["anybody", { store: memory(), anonymous: "deny" }, /identify: found none/],
  ])("%s", ([, options, message]) => {
    expect(() => assistantsBudget(options as never)).toThrow(
      expect.objectContaining({ code: "invalid_options", message: expect.stringMatching(message) }),
    );
  });

  test("everybody may be admitted under one budget", async () => {
    const { options } = await start();
    const { identify: _nobody, ...shared } = options;
    const budget = assistantsBudget({ ...shared, ...ONE, anonymous: "shared" });
    const handle = budget.handler(chat);
    expect((await handle(sent({ user: null }))).status).toBe(200);
    expect((await handle(sent({ user: null }))).status).toBe(402);
    await budget.close();
  });
});
