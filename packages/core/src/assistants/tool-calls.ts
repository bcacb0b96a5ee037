/** The calls that a model has asked for: run in parallel, each to an output, whatever happens. */
import type { Item, OpenCall } from "../ledger/index.ts";
import { textField } from "./fields.ts";
import type { ClientTool, Tool, ToolContext } from "./tool.ts";

export interface ToolOutcome {
  readonly call: OpenCall;
  /** What the model is told. */
  readonly output: string;
  readonly failed: boolean;
}

/** Tool output becomes input of every later step, so there is an end to it. */
const LONGEST_OUTPUT = 32_000;

/** The function calls among the items of an answer. */
export function toolCallsIn(items: readonly Item[]): readonly OpenCall[] {
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

/** Runs a tool of the app's own, to an output in any case. */
export async function runTool(
  call: OpenCall,
  tools: readonly (Tool | ClientTool)[],
  context: Omit<ToolContext, "callId">,
): Promise<ToolOutcome> {
  const tool = tools.find(({ name }) => name === call.name);
  if (!tool?.invoke) {
    const names = tools.map(({ name }) => name).join(", ");
    return failure(call, `There is no tool ${call.name}. Tools: ${names || "none"}.`);
  }
  try {
    const output = await withinTime(tool, call, context);
    return { call, output: outputText(output), failed: false };
  } catch (error) {
    return failure(call, reasonOf(error));
  }
}

/** A tool that ignores its signal is left behind when its time is up. */
async function withinTime(
  tool: Tool,
  call: OpenCall,
  context: Omit<ToolContext, "callId">,
): Promise<unknown> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(tool.timeoutMs)]);
  signal.throwIfAborted();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => {
    const why = context.signal.aborted
      ? "The run was stopped."
      : `The tool took longer than ${tool.timeoutMs} ms.`;
    reject(new Error(tool.sideEffects ? `${why} It may or may not have happened.` : why));
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

function failure(call: OpenCall, message: string): ToolOutcome {
  return { call, output: cut(JSON.stringify({ error: message })), failed: true };
}

/** What the model is told of an output: a string as it is, all else as JSON, a book cut. */
export function outputText(output: unknown): string {
  return cut(typeof output === "string" ? output : (JSON.stringify(output) ?? "null"));
}

function cut(text: string): string {
  if (text.length <= LONGEST_OUTPUT) return text;
  return `${text.slice(0, LONGEST_OUTPUT).toWellFormed()} [cut: ${text.length - LONGEST_OUTPUT} characters more]`;
}
