/** What users and clients say reaches the provider and the thread: never a log, an error or the ledger. */
import { describe, expect, test } from "vitest";
import { toProblem } from "../../src/index.ts";
import { finished, handmadeProvider, usage } from "../handmade-provider.ts";
import { type Running, PLAIN, books, budgetError, start } from "../running-budget.ts";

const SECRET = "my secret diagnosis";

async function expectUntold(running: Running, run: Promise<unknown>) {
  const error = await budgetError(run);
  const { lines, held } = await books(running);
  const { info, warn, error: errors } = running.logged;
  const { message, detail, stack } = error;
  const told = [message, detail, stack, toProblem(error), lines, info, warn, errors];
  expect(JSON.stringify(told)).not.toContain(SECRET);
  expect(held).toBe(0);
  return { error, lines };
}

describe("a provider that quotes the prompt", () => {
  test.for<[string, object]>([
    ["in an error event", { code: null, message: `Invalid input: '${SECRET}'`, param: null }],
    ["in an error event of the other form", { error: { message: `bad prompt: ${SECRET}` } }],
  ])("%s", async ([, more]) => {
    const { baseURL } = await handmadeProvider(({ model, send }) => {
      send("response.created", { response: finished({ model, status: "in_progress" }) });
      send("error", more);
    });
    const running = await start({ baseURL });
    const { lines } = await expectUntold(running, running.alice.run({ input: SECRET }));
    expect(lines[0]?.charge).toMatchObject({ known: "assumed", responseId: "resp_1" });
  });

  test("in the error of a response that failed", async () => {
    const { baseURL } = await handmadeProvider(({ model, send }) => {
      const error = { code: "invalid_prompt", message: `This was refused: ${SECRET}` };
      const failed = { model, status: "failed", error, output: [], usage: usage(10, 0) };
      send("response.failed", { response: finished(failed) });
    });
    const running = await start({ baseURL, assistants: { support: { model: PLAIN } } });
    const { error } = await expectUntold(running, running.alice.run({ input: SECRET }));
    expect(error.message).toContain("invalid_prompt");
  });
});

describe("a client whose words are passed on as options of the call", () => {
  test.for<[string, object, string]>([
    ["metadata", { metadata: { note: SECRET.repeat(50) } }, "metadata.note: found a string"],
    [
      "instructions",
      { additionalInstructions: { text: SECRET } },
      "additionalInstructions: found an object",
    ],
    ["a temperature", { temperature: SECRET }, "temperature: found a string"],
    ["limits", { limits: SECRET }, "limits: found a string"],
  ])("%s: the option is named, with the kind of what was found", async ([, options, message]) => {
    const running = await start();
    const run = running.alice.run({ input: "Hi", ...options });
    const { error } = await expectUntold(running, run);
    expect(error.code).toBe("invalid_options");
    expect(error.message).toContain(message);
  });

  test.for<[string, object]>([
    ["an assistant's name", { assistant: "A".repeat(1_000_000) }],
    ["a name that is no option", { ["A".repeat(1_000_000)]: 1 }],
    [
      "names that are no options",
      Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}`.repeat(999), 1])),
    ],
    ["metadata's name", { metadata: { ["A".repeat(1_000_000)]: "" } }],
    ["a scope's name", { limits: { ["A".repeat(1_000_000)]: "$1" } }],
  ])("%s of 1 MB is cut", async ([, options]) => {
    const running = await start();
    const { error } = await expectUntold(running, running.alice.run({ input: "Hi", ...options }));
    expect(error.message.length).toBeLessThan(700);
  });
});
