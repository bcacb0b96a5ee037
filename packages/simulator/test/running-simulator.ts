import { OpenAI } from "openai";
import { onTestFinished } from "vitest";
import { createSimulator, type Simulator, type SimulatorOptions } from "../src/index.ts";

export interface Running {
  readonly simulator: Simulator;
  readonly client: OpenAI;
}

/** A simulator for one test, with a client that sends each request once. */
export async function start(options: SimulatorOptions = {}): Promise<Running> {
  const simulator = await createSimulator(options);
  onTestFinished(() => simulator.close());
  const client = new OpenAI({ baseURL: simulator.url, apiKey: "sk-test", maxRetries: 0 });
  return { simulator, client };
}

/** Sends a body as it is: for requests that the SDK's types would not let through. */
export function post(simulator: Simulator, path: string, body: unknown): Promise<Response> {
  return fetch(`${simulator.url}${path}`, {
    method: "POST",
    headers: { authorization: "Bearer sk-test", "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

interface ErrorBody {
  readonly error: { message: string; type: string; param: string | null; code: string | null };
}

export async function errorOf(response: Response): Promise<ErrorBody["error"]> {
  const body = (await response.json()) as ErrorBody;
  return body.error;
}

export const WEATHER = {
  type: "function",
  name: "weather",
  description: "Tells the weather of a place.",
  strict: true,
  parameters: {
    type: "object",
    properties: { place: { type: "string", description: "The place." } },
    required: ["place"],
    additionalProperties: false,
  },
} as const;

export async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Does one thing after the other: for requests whose order matters. */
export async function inTurn<Value, Result>(
  values: readonly Value[],
  each: (value: Value) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const value of values) {
    results.push(await each(value));
  }
  return results;
}
