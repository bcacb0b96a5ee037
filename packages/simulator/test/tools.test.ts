import type { ResponseInputItem } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import { callsTools, loopsOn } from "../src/index.ts";
import { errorOf, inTurn, post, start, WEATHER } from "./running-simulator.ts";

const MODEL = "gpt-6-luna";
const TWO = [
  { name: "weather", arguments: { place: "Rome" } },
  { name: "weather", arguments: { place: "Oslo" } },
];
const CLOCK = { ...WEATHER, name: "clock" };

describe("function tools", () => {
  test("are called in parallel, parsed by the SDK, and answered", async () => {
    const { client } = await start({ script: callsTools(TWO) });
    const first = await client.responses.parse({ model: MODEL, input: "Where?", tools: [WEATHER] });
    const calls = first.output.filter((item) => item.type === "function_call");
    expect(calls.map((call) => call.parsed_arguments as unknown)).toEqual([
      { place: "Rome" },
      { place: "Oslo" },
    ]);
    const outputs = calls.map(({ call_id }) => ({
      type: "function_call_output" as const,
      call_id,
      output: "sun",
    }));
    const second = await client.responses.create({
      model: MODEL,
      previous_response_id: first.id,
      input: outputs,
      tools: [WEATHER],
    });
    expect(second.output_text).toBe("Done: weather gave sun; weather gave sun.");
  });

  test("are called by an answer that is sent back as a whole", async () => {
    const { client } = await start({ script: callsTools(TWO[0] ?? [], TWO[1] ?? []) });
    const history: ResponseInputItem[] = [{ role: "user", content: "Where?" }];
    await inTurn([1, 2], async () => {
      const { output } = await client.responses.create({
        model: MODEL,
        input: history,
        tools: [WEATHER],
        store: false,
      });
      for (const item of output.filter((entry) => entry.type === "function_call")) {
        const { call_id } = item;
        history.push(item, { type: "function_call_output", call_id, output: "sun" });
      }
    });
    const last = await client.responses.create({ model: MODEL, input: history, tools: [WEATHER] });
    expect(last.output_text).toContain("Done:");
  });

  test("are called one at a time with parallel_tool_calls: false", async () => {
    const { client } = await start({ script: callsTools(TWO) });
    const stream = client.responses.stream({
      model: MODEL,
      input: "Where?",
      tools: [WEATHER],
      parallel_tool_calls: false,
    });
    const { output } = await stream.finalResponse();
    expect(output).toHaveLength(1);
  });

  test("obey tool_choice", async () => {
    const { client, simulator } = await start({
      script: loopsOn({ name: "weather", arguments: { place: "Rome" } }),
    });
    const ask = (
      choice: NonNullable<Parameters<typeof client.responses.create>[0]["tool_choice"]>,
    ) =>
      client.responses.create({
        model: MODEL,
        input: "Where?",
        tools: [WEATHER, CLOCK],
        tool_choice: choice,
      });
    const names = async (choice: Parameters<typeof ask>[0]) => {
      const { output } = await ask(choice);
      return output.map((item) => (item.type === "function_call" ? item.name : item.type));
    };
    expect(await names("none")).toEqual(["message"]);
    expect(await names("auto")).toEqual(["weather"]);
    expect(await names({ type: "function", name: "clock" })).toEqual(["clock"]);
    const onlyClock = [{ type: "function", name: "clock" }];
    expect(await names({ type: "allowed_tools", mode: "auto", tools: onlyClock })).toEqual([
      "message",
    ]);
    expect(await names({ type: "allowed_tools", mode: "required", tools: onlyClock })).toEqual([
      "clock",
    ]);
    simulator.setScript(() => ({ text: "No need." }));
    expect(await names("required")).toEqual(["message", "weather"]);
  });

  test("come in pairs of a call and its output", async () => {
    const { simulator } = await start();
    const call = { type: "function_call", call_id: "c1", name: "weather", arguments: "{}" };
    const output = { type: "function_call_output", call_id: "c2", output: "sun" };
    const open = await post(simulator, "/responses", { model: MODEL, input: [call] });
    expect(open.status).toBe(400);
    expect((await errorOf(open)).message).toBe("No tool output found for function call c1.");
    const stray = await post(simulator, "/responses", { model: MODEL, input: [output] });
    expect((await errorOf(stray)).message).toBe(
      "No tool call found for function call output with call_id c2.",
    );
  });

  test("of the hosted kind are refused", async () => {
    const { client } = await start();
    await expect(
      client.responses.create({ model: MODEL, input: "Hi", tools: [{ type: "web_search" }] }),
    ).rejects.toMatchObject({ status: 400, param: "tools[0].type" });
  });
});
