/** What fails before a byte is sent costs nothing and tells nobody the key; what fails later was perhaps spent. */
import { createSimulator } from "@assistants-budget/simulator";
import { OpenAI } from "openai";
import { describe, expect, onTestFinished, test } from "vitest";
import { answerTo } from "../../src/http/refusal.ts";
import {
  type BudgetError,
  type BudgetOptions,
  type Host,
  createBudget,
  memory,
  toProblem,
} from "../../src/index.ts";
import { stepLines } from "../../src/ledger/index.ts";
import { books, budgetError, callsOf, start } from "../running-budget.ts";

const KEY = "sk-TOPSECRET";
const PASSWORD = "hunter2";
const HELLO = { input: "Hello" } as const;
const sdk = { maxRetries: 0, logLevel: "off" } as const;

/** All that a developer or a client gets to see of an error. The `cause` is for the developer's debugger only. */
function shownOf(error: BudgetError): string {
  const { message, detail, stack, headers } = error;
  const bodies = ["text/html", undefined].map((accept) => answerTo(error, accept).body);
  return JSON.stringify([message, detail, stack, headers, toProblem(error), bodies]);
}

type Case = (url: string) => { readonly options: BudgetOptions; readonly host?: Host };

const withPassword = (url: string): string => url.replace("//", `//admin:${PASSWORD}@`);

const noToken = () => Promise.reject(new Error(`no token for ${KEY}:${PASSWORD}`));

const unsent: readonly (readonly [string, Case])[] = [
  [
    "a key with an inner line break",
    (baseURL) => ({ options: { apiKey: `${KEY}\nOPENAI_ORG=1`, baseURL } }),
  ],
  ["a key in typographic quotes", (baseURL) => ({ options: { apiKey: `“${KEY}”`, baseURL } })],
  [
    "such a key in the environment",
    (baseURL) => ({ options: { baseURL }, host: { env: { OPENAI_API_KEY: `“${KEY}”` } } }),
  ],
  [
    "such a key in the app's own client",
    (baseURL) => ({ options: { client: new OpenAI({ ...sdk, apiKey: `${KEY}\n1`, baseURL }) } }),
  ],
  [
    "an address with a password",
    (url) => ({ options: { apiKey: KEY, baseURL: withPassword(url) } }),
  ],
  [
    "an address with a password in the environment",
    (url) => ({ options: { apiKey: KEY }, host: { env: { OPENAI_BASE_URL: withPassword(url) } } }),
  ],
  [
    "an address with a password in the app's own client",
    (url) => ({
      options: { client: new OpenAI({ ...sdk, apiKey: KEY, baseURL: withPassword(url) }) },
    }),
  ],
  [
    "a client whose apiKey() throws",
    (baseURL) => ({ options: { client: new OpenAI({ ...sdk, apiKey: noToken, baseURL }) } }),
  ],
];

describe("an error before any byte is sent", () => {
  test.for(unsent)("%s", async ([, given]) => {
    const simulator = await createSimulator();
    onTestFinished(() => simulator.close());
    const { options, host } = given(simulator.url);
    const logged: string[] = [];
    const log = (message: string) => void logged.push(message);
    const store = memory();
    const error = await budgetError(async () => {
      const budget = createBudget(
        { store, maxRetries: 0, log: { info: log, warn: log, error: log }, ...options },
        host,
      );
      return budget.for({ user: "alice" }).run(HELLO);
    });
    const lines = await stepLines(store, {});
    expect(lines).toEqual([]);
    expect(await store.holds({ expired: false, limit: 10 })).toEqual([]);
    expect(simulator.requests()).toEqual([]);
    for (const text of [shownOf(error), logged.join(), JSON.stringify(lines)]) {
      expect(text).not.toContain(KEY);
      expect(text).not.toContain(PASSWORD);
    }
  });
});

/** A client whose connection ends like this: once the request has gone out, or instead. */
function endingIn(code: string, syscall: "read" | "connect", baseURL: string): OpenAI {
  return new OpenAI({
    ...sdk,
    apiKey: KEY,
    baseURL,
    fetch: async (url, init) => {
      if (syscall === "read") await fetch(url, init);
      const cause = Object.assign(new Error(`${syscall} ${code} 10.0.0.1`), { code, syscall });
      throw Object.assign(new TypeError("fetch failed"), { cause });
    },
  });
}

describe.for(["EHOSTUNREACH", "ENETUNREACH"])("a route that is gone: %s", (code) => {
  test("while the connection stood: the call is lost, and its ceiling is charged", async () => {
    const simulator = await createSimulator();
    onTestFinished(() => simulator.close());
    const running = await start({ client: endingIn(code, "read", simulator.url) });
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("provider_unreachable");
    expect(callsOf(simulator).creates).toBe(1);
    const { lines, held } = await books(running);
    expect(held).toBe(0);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.charge).toMatchObject({ known: "assumed", nano: lines[0]?.ceiling });
    expect(lines[0]?.charge.cause).toContain(code);
  });

  test("before there was a connection: nothing is charged", async () => {
    const running = await start({ client: endingIn(code, "connect", "http://127.0.0.1:1/v1") });
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("provider_unreachable");
    const { lines, held } = await books(running);
    expect({ lines, held }).toEqual({ lines: [], held: 0 });
  });
});
