import { describe, expect, test } from "vitest";
import { errorOf, post, start } from "./running-simulator.ts";

const MODEL = "gpt-6-luna";
const PAIRS = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, "v"]));

describe("a request is refused", () => {
  test.for([
    ["no model", { input: "Hi" }, 400, "missing_required_parameter"],
    ["an unknown model", { model: "gpt-99", input: "Hi" }, 404, "model_not_found"],
    ["a model that was shut down", { model: "o4-mini", input: "Hi" }, 404, "model_not_found"],
    ["no input", { model: MODEL }, 400, "missing_required_parameter"],
    ["an input of the wrong type", { model: MODEL, input: 5 }, 400, "invalid_type"],
    ["an item of an unknown type", { model: MODEL, input: [{ type: "x" }] }, 400, "invalid_value"],
    ["an unknown parameter", { model: MODEL, input: "Hi", foo: 1 }, 400, "unknown_parameter"],
    [
      "an unknown effort",
      { model: MODEL, input: "Hi", reasoning: { effort: "x" } },
      400,
      "invalid_value",
    ],
    [
      "17 pairs of metadata",
      { model: MODEL, input: "Hi", metadata: PAIRS },
      400,
      "object_above_max_properties",
    ],
    [
      "a long value",
      { model: MODEL, input: "Hi", metadata: { a: "v".repeat(513) } },
      400,
      "string_above_max_length",
    ],
    [
      "a long key",
      { model: MODEL, input: "Hi", metadata: { ["k".repeat(65)]: "v" } },
      400,
      "string_above_max_length",
    ],
    [
      "a tier that the model lacks",
      { model: "o3-pro", input: "Hi", service_tier: "flex" },
      400,
      "invalid_value",
    ],
    [
      "an image",
      { model: MODEL, input: [{ role: "user", content: [{ type: "input_image" }] }] },
      400,
      "invalid_value",
    ],
    [
      "too long a prompt",
      { model: "gpt-4o", input: "a ".repeat(128_000) },
      400,
      "context_length_exceeded",
    ],
  ] as const)("with %s", async ([, body, status, code]) => {
    const { simulator } = await start();
    const response = await post(simulator, "/responses", body);
    expect(response.status).toBe(status);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    const error = await errorOf(response);
    expect(Object.keys(error)).toEqual(["message", "type", "param", "code"]);
    expect(error).toMatchObject({ type: "invalid_request_error", code });
    expect(simulator.invoice().lines).toHaveLength(0);
  });

  test("if it is no JSON, or no object", async () => {
    const { simulator } = await start();
    const answers = await Promise.all(
      ["{", "[]"].map((body) => post(simulator, "/responses", body)),
    );
    expect(answers.map((response) => response.status)).toEqual([400, 400]);
  });

  test("without a key, or with a wrong one", async () => {
    const { simulator, client } = await start({ apiKey: "sk-right" });
    const bare = await fetch(`${simulator.url}/models`);
    expect(bare.status).toBe(401);
    await expect(client.models.list()).rejects.toMatchObject({ code: "invalid_api_key" });
    const right = client.withOptions({ apiKey: "sk-right" });
    await expect(right.models.list()).resolves.toBeDefined();
  });

  test("on a route that is not there", async () => {
    const { simulator } = await start();
    const response = await post(simulator, "/assistants", {});
    expect(response.status).toBe(404);
    expect((await errorOf(response)).message).toBe("Invalid URL (POST /v1/assistants)");
  });

  test("with more than 10 MB, and the next one is served", async () => {
    const { simulator, client } = await start();
    const input = "x".repeat(11 * 1024 * 1024);
    const response = await post(simulator, "/responses", { model: MODEL, input });
    expect(response.status).toBe(413);
    await expect(client.responses.create({ model: MODEL, input: "Hi" })).resolves.toBeDefined();
  });
});
