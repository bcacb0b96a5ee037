/** What the compiler knows. `tsc -b` compiles this file: a line that should fail and does not is an error. */
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type BudgetOptions,
  type ClientTool,
  type RunOptions,
  type Tool,
  tool,
} from "../src/index.ts";

const order = tool({
  name: "order",
  description: "Looks an order up.",
  parameters: z.object({ id: z.string(), lines: z.int().optional() }),
  execute: ({ id, lines }, { signal, user }) => {
    expectTypeOf(id).toBeString();
    expectTypeOf(lines).toEqualTypeOf<number | undefined>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(user).toBeString();
    return { id, paid: true };
  },
});

test("a tool's arguments and output are inferred", () => {
  expectTypeOf(order).toEqualTypeOf<
    Tool<{ id: string; lines?: number | undefined }, { id: string; paid: boolean }>
  >();
  tool({
    name: "wrong",
    description: "",
    parameters: z.object({ id: z.string() }),
    // @ts-expect-error -- there is no such argument
    execute: ({ number }) => number,
  });
});

test("a tool without `execute` is the client's, and its type says so", () => {
  const confirm = tool({
    name: "confirm",
    description: "Asks the user.",
    parameters: z.object({ question: z.string() }),
  });
  expectTypeOf(confirm).toEqualTypeOf<ClientTool<{ question: string }>>();
  expectTypeOf(confirm.invoke).toEqualTypeOf<undefined>();
  const mixed: BudgetOptions = {
    assistants: { support: { model: "gpt-6-luna", tools: [order, confirm] } },
  };
  expectTypeOf(mixed).toEqualTypeOf<BudgetOptions>();
  const described = { name: "wrong", description: "", parameters: z.object({}) };
  // @ts-expect-error -- what is not run here has no side effects here
  tool({ ...described, sideEffects: true });
});

test("an assistant takes tools, and nothing that is none", () => {
  const right: BudgetOptions = { assistants: { support: { model: "gpt-6-luna", tools: [order] } } };
  // @ts-expect-error -- a plain object is no tool
  const wrong: BudgetOptions = { assistants: { support: { model: "x", tools: [{ name: "x" }] } } };
  // @ts-expect-error -- a model is needed
  const none: BudgetOptions = { assistants: { support: {} } };
  for (const one of [right, wrong, none]) expectTypeOf(one).toEqualTypeOf<BudgetOptions>();
});

test("input is text or text parts, and durations have a unit", () => {
  const right: RunOptions = { input: [{ type: "input_text", text: "Hi" }] };
  // @ts-expect-error -- images have no ceiling yet
  const image: RunOptions = { input: [{ type: "input_image", image_url: "x" }] };
  // @ts-expect-error -- 2 of what?
  const wait: BudgetOptions = { wait: "2" };
  expectTypeOf(right).toEqualTypeOf(image);
  expectTypeOf(wait).toExtend<BudgetOptions>();
});
