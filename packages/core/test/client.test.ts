import { OpenAI } from "openai";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createBudget, memory } from "../src/index.ts";
import { LARGE_LIMITS, books, budgetError, callsOf, start } from "./running-budget.ts";

const HELLO = { input: "Hello" } as const;

describe("the client", () => {
  afterEach(() => vi.doUnmock("openai"));

  test("may be the app's own; its retries are not used, for each would be a call that nobody holds", async () => {
    const other = await start({ simulator: { faults: [{ kind: "rate_limit", times: 9 }] } });
    const client = new OpenAI({ baseURL: other.simulator.url, apiKey: "sk-own", maxRetries: 5 });
    const running = await start({ client, apiKey: undefined as never });
    await budgetError(running.alice.run(HELLO));
    expect(callsOf(other.simulator).creates).toBe(1);
    expect(callsOf(running.simulator).creates).toBe(0);
  });

  test("is made of the host's environment where the options name nothing", async () => {
    const { simulator } = await start();
    const env = { OPENAI_API_KEY: "sk-env", OPENAI_BASE_URL: simulator.url };
    const budget = createBudget({ limits: LARGE_LIMITS, store: memory() }, { env });
    expect((await budget.for({ user: "alice" }).run(HELLO)).status).toBe("completed");
    await budget.close();
  });

  test("without a key: told before anything is held, opened or sent", async () => {
    const store = { ...memory(), now: () => Promise.reject(new Error("asked")) };
    const budget = createBudget({ store });
    const alice = budget.for({ user: "alice" });
    for (const attempt of [alice.run(HELLO), alice.check(), alice.stream(HELLO).result]) {
      const error = await budgetError(attempt);
      expect(error).toMatchObject({ code: "api_key_missing", status: 500, expose: false });
      expect(error.message).toContain("OPENAI_API_KEY");
    }
  });

  test("that can't be made costs nothing: the peer dependency is not there", async () => {
    vi.doMock("openai", () => {
      throw new Error("Cannot find package 'openai'");
    });
    const running = await start({ maxRetries: 2 });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error.message).toContain("the OpenAI client could not be made");
    expect(error.message).toContain("Nothing was spent");
    expect(await books(running)).toEqual({ lines: [], invoice: [], held: 0 });
  });

  test("writes nothing of what a model says to the console", async () => {
    const written = [
      vi.spyOn(console, "error"),
      vi.spyOn(console, "warn"),
      vi.spyOn(console, "log"),
    ];
    const running = await start({
      simulator: { faults: [{ kind: "malformed_event", afterEvents: 6 }] },
    });
    await running.alice.run(HELLO);
    for (const one of written) expect(one).not.toHaveBeenCalled();
  });
});
