/** The whole of the SDK: a method that nobody has looked at fails this test by its name. */
import type { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import { FREE_METHODS, METERED_METHODS } from "../../src/client/method-names.ts";
import { createBudget, isBudgetError, memory } from "../../src/index.ts";
import { PLAIN, REASONING, budgetError } from "../running-budget.ts";
import { SDKS, errorOf, expectInvoice, say, startClient } from "./running-client.ts";
import { methodsOf } from "./sdk-surface.ts";

/** Resources none of whose methods is let through but those that are free by name. */
const REFUSED_RESOURCES =
  /^(images|audio|videos|realtime|live|batches|evals|graders|fineTuning|containers|vectorStores|beta|decisions|contentProvenanceChecks|safety|skills|webhooks|admin|completions)\./;

/** Methods of the resources that are let through, and of the client itself, that are not. */
const REFUSED_METHODS: ReadonlySet<string> = new Set([
  "responses.compact",
  ..."withOptions get post patch put delete request getAPIList requestAPIList methodRequest".split(
    " ",
  ),
  // The SDK's own machinery.
  ..."makeRequest fetch fetchWithAuth fetchWithTimeout buildRequest buildHeaders buildBody buildURL".split(
    " ",
  ),
  ..."defaultQuery stringifyQuery getUserAgent defaultIdempotencyKey makeStatusError".split(" "),
  ..."authHeaders bearerAuth adminAPIKeyAuth validateHeaders _callApiKey _hasApiKeyProvider".split(
    " ",
  ),
  ..."_buildWebSocketHeaders _makeAbort _makeUserAbortError prepareOptions prepareRequest".split(
    " ",
  ),
  ..."responsePromise parseResponseWithTimeout readX509ResponseError shouldRetry retryRequest".split(
    " ",
  ),
  "calculateDefaultRetryTimeoutMillis",
]);

/** What the items of something else are found by. */
const ANY_PARENT = {
  batch_id: "one",
  container_id: "one",
  conversation_id: "one",
  vector_store_id: "one",
} as const;

function methodAt(client: OpenAI, name: string): unknown {
  return name.split(".").reduce<unknown>((at, key) => Reflect.get(Object(at), key), client);
}

function callMethod(client: OpenAI, name: string, ...args: unknown[]): unknown {
  const method = methodAt(client, name);
  if (typeof method !== "function") throw new TypeError(`${name} is no function`);
  return Reflect.apply(method, undefined, args);
}

describe.each(SDKS)("%s", (_name, SDK) => {
  const known = methodsOf(new SDK({ apiKey: "sk-test", adminAPIKey: "sk-admin" }));

  test("every method is counted, free, or refused on purpose", () => {
    const unknown = [...known].filter(
      (name) =>
        !METERED_METHODS.has(name) &&
        !FREE_METHODS.has(name) &&
        !REFUSED_RESOURCES.test(name) &&
        !REFUSED_METHODS.has(name),
    );
    expect(unknown).toEqual([]);
    expect(known.size).toBeGreaterThan(300);
  });

  test("whatever is neither counted nor free throws a clear error at the call", async () => {
    const { client, simulator } = await startClient(SDK);
    const refused = [...known].filter(
      (name) => !METERED_METHODS.has(name) && !FREE_METHODS.has(name),
    );
    for (const name of refused) {
      const error = await budgetError(() => callMethod(client, name, {}, {}));
      expect(error).toMatchObject({ code: "call_not_metered", status: 501, expose: false });
      expect(error.message).toContain(`client.${name}()`);
      expect(error.message).toContain(`waive: ['${name}']`);
      expect(error).toBeInstanceOf(SDK.OpenAIError);
    }
    expect(simulator.requests()).toEqual([]);
  });

  test("what is counted and free is there", () => {
    for (const name of METERED_METHODS) expect([...known]).toContain(name);
    // Some came with the newer major.
    const missing = [...FREE_METHODS].filter((name) => !known.has(name));
    expect(missing).toEqual([]);
  });

  test("what is free by its name is free by its address as well", async () => {
    const { client, budget } = await startClient(SDK, {
      budget: { limits: { user: "0 runs/day" } },
    });
    const file = new File(["x"], "x.txt");
    const args: Readonly<Record<string, readonly unknown[]>> = {
      "files.create": [{ file, purpose: "assistants" }],
      "uploads.parts.create": ["upload_1", { data: file }],
    };
    for (const name of FREE_METHODS) {
      const given = args[name] ?? ["one", { ...ANY_PARENT, items: [] }];
      // The server has none of it: that it was asked is what counts.
      const end: unknown = await Promise.resolve()
        .then(() => callMethod(client, name, ...given))
        .catch((error: unknown) => error);
      expect(isBudgetError(end) ? `${name}: ${end.message}` : name).toBe(name);
    }
    expect(await budget.lines()).toEqual([]);
  });

  test("a method of a version to come is refused, also behind its name", async () => {
    const { client, simulator } = await startClient(SDK);
    const target = client as unknown as { responses: { dream?: () => unknown } };
    const prototype: object = Object.getPrototypeOf(target.responses);
    Object.defineProperty(prototype, "dream", {
      configurable: true,
      value(this: object) {
        const inner: OpenAI = Reflect.get(this, "_client");
        return inner.post("/responses/dream", { body: {} });
      },
    });
    try {
      const error = await budgetError(() => target.responses.dream?.());
      expect(error.message).toContain("client.responses.dream()");
      expect(error.message).toContain("newer than this library");
    } finally {
      Reflect.deleteProperty(prototype, "dream");
    }
    expect(simulator.requests()).toEqual([]);
  });

  test("the second wall: an address that is not known is refused, whatever method asks for it", async () => {
    const { client, simulator } = await startClient(SDK);
    const elsewhere = [
      { path: "/images/generations" },
      { path: "/responses/compact" },
      { path: "/responses/" },
      { path: "/chat/completions/" },
      { path: "/completions" },
      { path: "//responses" },
      { path: "/audio/../images/generations" },
      { path: "http://127.0.0.1:9/v1/responses" },
      { method: "put" as const },
    ];
    for (const options of elsewhere) {
      const error = await errorOf(client.responses.create({ model: PLAIN, input: "Hi" }, options));
      expect(isBudgetError(error) && error.code).toBe("call_not_metered");
    }
    const form = new FormData();
    const body = await errorOf(
      client.responses.create({ model: PLAIN, input: "Hi" }, { body: form }),
    );
    expect(isBudgetError(body) && body.code).toBe("call_not_metered");
    expect(simulator.requests()).toEqual([]);
  });

  test("neither the key nor the client behind it can be had, and nothing of it can be changed", async () => {
    const { client } = await startClient(SDK);
    for (const name of ["apiKey", "adminAPIKey", "_options", "responses._client", "webhookSecret"])
      expect(methodAt(client, name)).toBeUndefined();
    const described = [client, client.responses, client.chat.completions].flatMap((one) =>
      Object.values(Object.getOwnPropertyDescriptors(one)).map(({ value }): unknown => value),
    );
    expect(described).toContain(client.responses);
    expect(described).not.toContain("sk-test");
    for (const one of described) expect(Object.keys(Object(one))).not.toContain("apiKey");
    for (const change of [
      () => Object.assign(client, { fetch: globalThis.fetch }),
      () => Object.assign(client.responses, { create: () => "free" }),
      () => Object.defineProperty(client, "fetch", { value: globalThis.fetch }),
      () => Object.setPrototypeOf(client, {}),
      () => Reflect.deleteProperty(client, "responses"),
    ])
      expect(await budgetError(change)).toMatchObject({ code: "call_not_metered" });
    expect(Object.prototype.toString.call(client)).toBe("[object Object]");
    expect(await Promise.resolve(client)).toBe(client);
  });

  test("a client keeps its key, its headers, its query and its own fetch", async () => {
    const seen: string[] = [];
    const running = await startClient(SDK, {
      simulator: { apiKey: "sk-own" },
      sdk: {
        apiKey: "sk-own",
        defaultHeaders: { "x-team": "shop" },
        defaultQuery: { team: "shop" },
        fetch: (...args: Parameters<typeof fetch>) => {
          seen.push(new Request(args[0]).url);
          return fetch(...args);
        },
      },
    });
    await running.client.responses.create({ model: REASONING, input: "Hi" });
    expect(seen).toEqual([`${running.simulator.url}/responses?team=shop`]);
    const [request] = running.simulator.requests();
    expect(request?.headers).toMatchObject({ "x-team": "shop" });
    expect(Object.keys(request?.headers ?? {}).filter((name) => /budget/.test(name))).toEqual([]);
  });
});

test("a client of a class that brings a fetch of its own is counted, and sends with that", async () => {
  const [[, SDK]] = SDKS as [(typeof SDKS)[number]];
  const sent: string[] = [];
  class Shop extends SDK {
    constructor(options: ConstructorParameters<typeof SDK>[0]) {
      super({
        ...options,
        fetch: (url, init) => {
          sent.push(new Request(url).url);
          return fetch(url, init);
        },
      });
    }
  }
  const running = await startClient(Shop);
  await running.client.responses.create({ model: PLAIN, input: "Hi" });
  expect(sent).toHaveLength(1);
  const { lines } = await expectInvoice(running);
  expect(lines).toHaveLength(1);
});

describe("waive", () => {
  const [[, SDK]] = SDKS as [(typeof SDKS)[number]];

  test("lets a method pass by name, tells so once, and no other one", async () => {
    const running = await startClient(SDK, { budget: { waive: ["images.generate", "beta"] } });
    const { client, simulator, logged } = running;
    for (let calls = 0; calls < 2; calls += 1)
      expect(await errorOf(client.images.generate({ prompt: "a lamp" }))).toBeInstanceOf(
        SDK.NotFoundError,
      );
    expect(simulator.requests().map(({ path }) => path)).toEqual(
      Array.from({ length: 2 }, () => "/v1/images/generations"),
    );
    const told = logged.warn.filter((line) => line.includes("ERR_AB_WAIVED_CALL"));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("client.images.generate()");
    expect(await errorOf(client.beta.threads.create({}))).toBeInstanceOf(SDK.NotFoundError);
    expect(() => client.images.edit({} as never)).toThrow(/not let through/);
    expect(await running.budget.lines()).toEqual([]);
  });

  test("can give the client away: `post`, `withOptions`", async () => {
    const { client } = await startClient(SDK, { budget: { waive: ["post", "withOptions"] } });
    expect(client.withOptions({ timeout: 5 }).apiKey).toBe("sk-test");
    expect(await errorOf(client.post("/nowhere", { body: {} }))).toBeInstanceOf(SDK.NotFoundError);
  });

  test.each([["responses.create"], ["responses"], ["chat"], ["embeddings.create"], ["a b"], [""]])(
    "%j is refused when the budget is made",
    async (name) => {
      const error = await budgetError(() => createBudget({ store: memory(), waive: [name] }));
      expect(error).toMatchObject({ code: "invalid_options" });
      expect(error.message).toContain("waive[0]");
    },
  );
});

describe("without a client of the app's own", () => {
  test("one is made of the key, and the budget's retries are its", async () => {
    const { createSimulator } = await import("@assistants-budget/simulator");
    await using simulator = await createSimulator({
      faults: [{ kind: "rate_limit", path: "POST /v1/chat/completions" }],
    });
    const options = { baseURL: simulator.url, apiKey: "sk-test", maxRetries: 1 };
    const budget = createBudget({ store: memory(), ...options });
    await budget.ready();
    const { client } = budget.for({ user: "alice" });
    const call = { model: PLAIN, messages: say("Hi") };
    expect((await client.chat.completions.create(call)).choices).toHaveLength(1);
    expect(simulator.requests()).toHaveLength(2);
    await budget.close();
  });

  test("without a key it is refused when it is asked for", async () => {
    const alice = createBudget({ store: memory() }).for({ user: "alice" });
    expect(await budgetError(() => alice.client)).toMatchObject({ code: "api_key_missing" });
  });

  test("after close() nothing begins", async () => {
    const [[, SDK]] = SDKS as [(typeof SDKS)[number]];
    const { budget, client } = await startClient(SDK);
    await budget.close();
    const error = await errorOf(client.responses.create({ model: PLAIN, input: "Hi" }));
    expect(error).toMatchObject({ code: "store_unavailable" });
  });
});
