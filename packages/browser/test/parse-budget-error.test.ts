/** Refusals of a real app, in all the shapes in which front ends meet them. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ERROR_CODES, BudgetError, toProblem } from "@assistants-budget/core";
import { assistantsBudget, memory } from "@assistants-budget/express";
import { type Simulator, createSimulator } from "@assistants-budget/simulator";
import express from "express";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUDGET_CODES, parseBudgetError } from "../src/index.ts";

let simulator: Simulator;
let server: Server;
let url: string;
let close: () => Promise<void>;

beforeAll(async () => {
  simulator = await createSimulator();
  const budget = assistantsBudget({
    baseURL: simulator.url,
    apiKey: "sk-test",
    store: memory(),
    limits: { user: "1 run/day" },
    identify: () => "alice",
  });
  close = budget.close;
  const app = express().use(budget);
  app.post("/chat/completions", async (req, res) =>
    res.json(await req.assistants.run({ input: "Hi" })),
  );
  app.post("/stream", async (req, res) => {
    res.type("text/event-stream").write(": one moment\n\n");
    await budget.events(res, req.assistants.stream({ input: "Hi" }));
  });
  app.get("/fine", (_req, res) => res.json({ code: "budget_exceeded", type: "budget_exceeded" }));
  app.get("/broken", (_req, res) => res.status(500).json({ error: { code: "oops" } }));
  server = await new Promise((resolve) => {
    const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
  });
  // The one run of the day.
  await budget.for({ user: "alice" }).run({ input: "Hi" });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await close();
  await simulator.close();
});

const refused = () => fetch(`${url}/chat/completions`, { method: "POST" });

test("a Response: what, how much, when; and it can still be read", async () => {
  const response = await refused();
  const problem = await parseBudgetError(response);
  expect(problem).toMatchObject({
    code: "budget_exceeded",
    status: 402,
    title: "AI budget used up",
    retryable: false,
    isOwnBudget: true,
    refusedBy: [{ scope: "user", period: "day", unit: "runs", limit: 1, remaining: 0 }],
  });
  expect(problem?.resetsAt?.getTime()).toBeGreaterThan(Date.now());
  expect(problem?.retryAfter).toBe(Number(response.headers.get("retry-after")));
  expect(await response.json()).toMatchObject({ code: "budget_exceeded" });
});

test("the last event of a stream, and its data", async () => {
  const text = await (await fetch(`${url}/stream`, { method: "POST" })).text();
  const [, data] = /event: problem\ndata: (.*)\n/.exec(text) ?? [];
  for (const found of [{ type: "problem", data }, data])
    expect(await parseBudgetError(found)).toMatchObject({ code: "budget_exceeded", status: 402 });
});

test("what the openai SDK throws, which keeps the OpenAI-shaped part", async () => {
  const client = new OpenAI({ baseURL: url, apiKey: "none", logLevel: "off" });
  const call = client.chat.completions.create({ model: "any", messages: [] });
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  expect(await parseBudgetError(error)).toMatchObject({
    code: "budget_exceeded",
    status: 402,
    isOwnBudget: true,
    detail: expect.stringContaining("budget"),
  });
});

const body = toProblem(new BudgetError("thread_busy", { message: "Another run is under way." }));

test.for<[string, unknown]>([
  ["a parsed body", body],
  ["its text", JSON.stringify(body)],
  ["axios", Object.assign(new Error("Request failed"), { response: { status: 409, data: body } })],
  ["ofetch", Object.assign(new Error("409"), { data: body })],
  ["the AI SDK", Object.assign(new Error("failed"), { responseBody: JSON.stringify(body) })],
  ["a transport that keeps the text only", new Error(JSON.stringify(body))],
  ["an error in an error", new Error("failed", { cause: new Error("x", { cause: body }) })],
])("an error of %s", async ([, found]) => {
  expect(await parseBudgetError(found)).toMatchObject({
    code: "thread_busy",
    status: 409,
    retryable: true,
    isOwnBudget: false,
    refusedBy: [],
  });
});

const circle: Record<string, unknown> = {};
circle["error"] = circle;

test.for<[string, () => unknown]>([
  ["nothing", () => undefined],
  ["null", () => null],
  ["a number", () => 402],
  ["a plain error", () => new Error("no")],
  ["a text", () => "402 Payment Required"],
  ["broken JSON", () => '{"code":"budget_exceeded"'],
  ["a success", () => fetch(`${url}/fine`)],
  ["an error of the app's own", () => fetch(`${url}/broken`)],
  [
    "OpenAI's own error",
    () => ({ error: { type: "insufficient_quota", code: "insufficient_quota" } }),
  ],
  ["a code of another kind", () => ({ code: "budget_exceeded", type: "other" })],
  ["a circle", () => circle],
  [
    "an object that throws",
    () => ({
      get data() {
        throw new Error("no");
      },
    }),
  ],
])("%s is no refusal", async ([, find]) => {
  expect(await parseBudgetError(await find())).toBeUndefined();
});

test("a response that was read before is no refusal, and no error", async () => {
  const response = await refused();
  await response.text();
  expect(await parseBudgetError(response)).toBeUndefined();
});

test("knows every code of the core, and its status where only the OpenAI-shaped part was kept", async () => {
  expect(new Set(BUDGET_CODES)).toEqual(new Set(ERROR_CODES));
  for (const code of BUDGET_CODES) {
    const { status, error } = toProblem(new BudgetError(code, { message: "No." }));
    expect(await parseBudgetError(error)).toMatchObject({ code, status });
  }
});
