/** DESIGN §3, "How a step ends": bytes were sent and no answer came, or the stream broke or fell silent. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Fault, longOutput } from "@assistants-budget/simulator";
import { describe, expect, onTestFinished, test } from "vitest";
import { PLAIN, books, budgetError, callsOf, expectAgreement, start } from "../running-budget.ts";

const HELLO = { input: "Hello" } as const;

/** An event as a server writes it. */
const sent = (type: string, more: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;

async function expectAssumed(running: Awaited<ReturnType<typeof start>>, cause: string) {
  const { lines, invoice, held } = await books(running);
  expect(held).toBe(0);
  expect(lines).toHaveLength(1);
  const { charge, ceiling } = lines[0] ?? {};
  expect(charge).toMatchObject({ known: "assumed", nano: ceiling });
  expect(charge?.cause).toContain(cause);
  expect(running.logged.warn.join()).toContain(cause);
  expect(charge?.nano).toBeGreaterThanOrEqual(Number(invoice[0]?.nano ?? 0n));
  return lines[0];
}

describe("the response id is known: the provider is asked, and the run goes on as if nothing had happened", () => {
  const broken: readonly (readonly [string, readonly Fault[]])[] = [
    ["cut after the first event", [{ kind: "cut_after_events", events: 1 }]],
    ["cut in the middle of the text", [{ kind: "cut_after_events", events: 9 }]],
    ["silence after the first event", [{ kind: "silence", afterEvents: 1 }]],
    ["silence in the middle of the text", [{ kind: "silence", afterEvents: 9 }]],
    ["an end without a terminal event", [{ kind: "end_without_terminal" }]],
    ["an event that is no JSON", [{ kind: "malformed_event", afterEvents: 6 }]],
    [
      "a cut, then in_progress for a while",
      [
        { kind: "cut_after_events", events: 2 },
        { kind: "in_progress_for", ms: 300 },
      ],
    ],
    [
      "a cut, then 404 for a while",
      [
        { kind: "cut_after_events", events: 2 },
        { kind: "early_404", ms: 300 },
      ],
    ],
    ["a cut, then 500 once", [{ kind: "cut_after_events", events: 2 }, { kind: "retrieve_error" }]],
    [
      "a cut of an answer without usage, which a retrieve has",
      [{ kind: "cut_after_events", events: 2 }, { kind: "missing_usage" }],
    ],
  ];
  test.for(broken)("%s", async ([, faults]) => {
    const running = await start({
      idleTimeout: "200ms",
      patience: "3s",
      simulator: { faults, script: longOutput(60) },
    });
    const run = await running.alice.run(HELLO);
    expect(run.status).toBe("completed");
    expect(run.usage.completionTokens).toBe(60);
    expect(run.text).toMatch(/^The order is on its way/);
    expect(callsOf(running.simulator).creates).toBe(1);
    await expectAgreement(running);
  });

  test("a response that failed meanwhile is settled too", async () => {
    const fail = { code: "invalid_prompt", message: "No." };
    const running = await start({
      simulator: {
        faults: [{ kind: "cut_after_events", events: 1 }],
        script: () => ({ reasoningTokens: 100, fail }),
      },
    });
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("provider_refused");
    await expectAgreement(running);
  });
});

describe("nobody can say: charged in full, with the cause", () => {
  test("the socket is gone before anything was heard", async () => {
    const running = await start({ simulator: { faults: [{ kind: "cut_before_first_event" }] } });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error).toMatchObject({ code: "provider_unreachable", status: 502 });
    const line = await expectAssumed(running, "the connection broke");
    expect(line?.charge.responseId).toBeUndefined();
    expect(callsOf(running.simulator).retrieves).toBe(0);
  });

  test("the same where the server never read the request: it can't be told apart", async () => {
    const running = await start({ simulator: { faults: [{ kind: "refuse_connection" }] } });
    await budgetError(running.alice.run(HELLO));
    const line = await expectAssumed(running, "the connection broke");
    expect(line?.charge.responseId).toBeUndefined();
  });

  test("silence from the start", async () => {
    const running = await start({
      idleTimeout: "200ms",
      maxRetries: 3,
      simulator: { faults: [{ kind: "silence", afterEvents: 0 }] },
    });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error).toMatchObject({ code: "provider_timeout", status: 504, retryable: true });
    await expectAssumed(running, "silent");
    // A provider that is that slow is not sent the same again.
    expect(callsOf(running.simulator).creates).toBe(1);
  });

  test("no headers ever come", async () => {
    const server = createServer(() => undefined).listen(0, "127.0.0.1");
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const running = await start({
      idleTimeout: "200ms",
      baseURL: `http://127.0.0.1:${port}/v1`,
    });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error.code).toBe("provider_timeout");
    await expectAssumed(running, "");
  });

  test("a stream that says in its middle that it has failed, from a server that can't be asked", async () => {
    const server = createServer((req, res) => {
      if (req.method === "GET") return void res.writeHead(404).end("{}");
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.write(sent("response.created", { response: { id: "resp_1", status: "in_progress" } }));
      res.end(sent("error", { code: "server_error", message: "Sorry.", param: null }));
    }).listen(0, "127.0.0.1");
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const running = await start({ baseURL: `http://127.0.0.1:${port}/v1` });
    expect((await budgetError(running.alice.run(HELLO))).code).toBe("provider_unreachable");
    const line = await expectAssumed(running, "the provider's answer was: missing");
    expect(line?.charge.responseId).toBe("resp_1");
  });

  test("a server that answers whole where a stream was asked for", async () => {
    const server = createServer((_req, res) => {
      res.writeHead(200, { "content-type": "application/json" }).end('{"id":"resp_1","output":[]}');
    }).listen(0, "127.0.0.1");
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const running = await start({ baseURL: `http://127.0.0.1:${port}/v1` });
    await budgetError(running.alice.run(HELLO));
    const line = await expectAssumed(running, "the stream ended without an outcome");
    expect(line?.charge.responseId).toBeUndefined();
  });

  test.for([
    [{ kind: "in_progress_for", ms: 60_000 }, "the provider's answer was: pending"],
    [{ kind: "early_404", ms: 60_000 }, "the provider's answer was: missing"],
    [{ kind: "retrieve_error", times: Infinity }, "the provider's answer was: unreachable"],
  ] as const)("asked in vain: %o", async ([fault, cause]) => {
    const running = await start({
      simulator: { faults: [{ kind: "cut_after_events", events: 2 }, fault] },
    });
    const error = await budgetError(running.alice.run(HELLO));
    expect(error.code).toBe("provider_unreachable");
    const line = await expectAssumed(running, cause);
    // The id stays on the line, so that the operator can look it up.
    expect(line?.charge.responseId).toBe((await books(running)).invoice[0]?.responseId);
  });

  test("the provider keeps no responses: it is not even asked", async () => {
    const running = await start({
      keepResponses: false,
      simulator: { faults: [{ kind: "cut_after_events", events: 2 }] },
    });
    await budgetError(running.alice.run(HELLO));
    await expectAssumed(running, "the connection broke");
    expect(callsOf(running.simulator).retrieves).toBe(0);
    expect(running.simulator.requests()[0]?.body).toMatchObject({ store: false });
  });

  test("found, but without usage: a plain model is counted, over what it was billed", async () => {
    const running = await start({
      assistants: { support: { model: PLAIN } },
      simulator: {
        script: longOutput(100),
        faults: [
          { kind: "cut_after_events", events: 2 },
          { kind: "missing_usage", retrieved: true },
        ],
      },
    });
    await running.alice.run(HELLO);
    const { lines, invoice } = await books(running);
    expect(lines[0]?.charge.known).toBe("counted");
    expect(lines[0]?.charge.nano).toBeGreaterThanOrEqual(Number(invoice[0]?.nano));
  });
});

describe("a lost answer is tried again", () => {
  test("on a new hold; the first stays charged", async () => {
    const running = await start({
      maxRetries: 2,
      simulator: { faults: [{ kind: "cut_before_first_event" }] },
    });
    const run = await running.alice.run(HELLO);
    expect(run.steps.map(({ known }) => known)).toEqual(["assumed", "reported"]);
    expect((await books(running)).held).toBe(0);
  });

  test("but not where the listener has already seen a part of it", async () => {
    const running = await start({
      maxRetries: 2,
      keepResponses: false,
      simulator: { script: longOutput(200), faults: [{ kind: "cut_after_events", events: 9 }] },
    });
    const stream = running.alice.stream(HELLO);
    const deltas: string[] = [];
    const error = await budgetError(
      (async () => {
        for await (const event of stream) if (event.type === "text") deltas.push(event.delta);
      })(),
    );
    expect(error.code).toBe("provider_unreachable");
    expect(deltas.length).toBeGreaterThan(0);
    expect(callsOf(running.simulator).creates).toBe(1);
  });
});
