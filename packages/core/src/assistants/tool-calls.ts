/** The calls that a model has asked for: run in parallel, each to an output, whatever happens. */
import type { Item } from "../ledger/index.ts";
import { textField } from "./fields.ts";
import type { Tool, ToolContext } from "./tool.ts";

export interface ToolCall {
  readonly callId: string;
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly arguments: string;
}

export interface ToolOutcome {
  readonly call: ToolCall;
  /** What the model is told. */
  readonly output: string;
  readonly failed: boolean;
}

/** Tool output becomes input of every later step, so there is an end to it. */
const LONGEST_OUTPUT = 32_000;

/** The function calls among the items of an answer. */
export function toolCallsIn(items: readonly Item[]): readonly ToolCall[] {
  return items.flatMap((item) =>
    item.type === "function_call"
      ? {
          callId: textField(item, "call_id"),
          name: textField(item, "name"),
          arguments: textField(item, "arguments"),
        }
      : [],
  );
}

/** The output of a call, as the provider takes it. Every call needs one, or the thread is refused. */
export function outputItem(callId: string, output: string): Item {
  return { type: "function_call_output", call_id: callId, output };
}

export async function runTools(
  calls: readonly ToolCall[],
  tools: readonly Tool[],
  context: Omit<ToolContext, "callId">,
): Promise<readonly ToolOutcome[]> {
  return Promise.all(
    calls.map(async (call) => {
      const tool = tools.find(({ name }) => name === call.name);
      if (!tool) {
        const names = tools.map(({ name }) => name).join(", ");
        return failure(call, `There is no tool ${call.name}. Tools: ${names || "none"}.`);
      }
      try {
        const output = await withinTime(tool, call, context);
        return { call, output: cut(textOf(output)), failed: false };
      } catch (error) {
        return failure(call, reasonOf(error));
      }
    }),
  );
}

/** A tool that ignores its signal is left behind when its time is up. */
async function withinTime(
  tool: Tool,
  call: ToolCall,
  context: Omit<ToolContext, "callId">,
): Promise<unknown> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(tool.timeoutMs)]);
  signal.throwIfAborted();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => {
    const why = context.signal.aborted
      ? "The run was stopped."
      : `The tool took longer than ${tool.timeoutMs} ms.`;
    reject(new Error(why));
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([
      tool.invoke(call.arguments, { ...context, signal, callId: call.callId }),
      stopped,
    ]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** What was thrown may be anything, and so may its message. */
function reasonOf(error: unknown): string {
  return (typeof error === "string" ? error : textField(error, "message")) || "The tool failed.";
}

function failure(call: ToolCall, message: string): ToolOutcome {
  return { call, output: cut(JSON.stringify({ error: message })), failed: true };
}

function textOf(output: unknown): string {
  return typeof output === "string" ? output : (JSON.stringify(output) ?? "null");
}

function cut(text: string): string {
  if (text.length <= LONGEST_OUTPUT) return text;
  return `${text.slice(0, LONGEST_OUTPUT).toWellFormed()} [cut: ${text.length - LONGEST_OUTPUT} characters more]`;
}
