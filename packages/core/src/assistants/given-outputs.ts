/** The outputs that a client brings for its open calls: exactly those, each once. */
import { z } from "zod";
import { BudgetError } from "../errors.ts";
import type { OpenAnswer, OpenCall } from "../ledger/index.ts";
import { outputText, toolCallsIn } from "./tool-calls.ts";
import type { ClientTool, Tool } from "./tool.ts";

/** What a call of a tool without `execute` has come to. */
export interface ToolOutput {
  readonly callId: string;
  /** A string as it is, all else as JSON. */
  readonly output: unknown;
}

const MOST = 1_000;
const shape = z.array(z.object({ callId: z.string(), output: z.unknown() })).max(MOST);

/** The calls of an answer that wait for the client. */
export function clientCalls(
  { items, outputs }: OpenAnswer,
  tools: readonly (Tool | ClientTool)[],
): readonly OpenCall[] {
  const isClients = (name: string): boolean =>
    tools.some((tool) => tool.name === name && !tool.invoke);
  return toolCallsIn(items).filter(
    ({ callId, name }) => isClients(name) && !Object.hasOwn(outputs, callId),
  );
}

/** @throws BudgetError `invalid_input` naming the calls that are missing, unknown or there twice. */
export function withOutputs(
  open: OpenAnswer,
  calls: readonly OpenCall[],
  given: unknown,
): OpenAnswer {
  const parsed = shape.safeParse(given);
  if (!parsed.success) {
    throw wrong(`found no list of { callId, output }; expected one for each of ${named(calls)}.`);
  }
  const ids = parsed.data.map(({ callId }) => callId);
  const missing = calls.filter(({ callId }) => !ids.includes(callId));
  if (missing.length > 0) throw wrong(`no output for ${named(missing)}.`);
  const unknown = ids.filter((id) => !calls.some(({ callId }) => callId === id));
  if (unknown.length > 0) throw wrong(`no open call ${listed(unknown)}.`);
  const twice = ids.filter((id, at) => ids.indexOf(id) < at);
  if (twice.length > 0) throw wrong(`more than one output for ${listed(twice)}.`);
  const texts = parsed.data.map(({ callId, output }) => [callId, textOf(output)] as const);
  return { ...open, outputs: { ...open.outputs, ...Object.fromEntries(texts) } };
}

function textOf(output: unknown): string {
  try {
    return outputText(output);
  } catch {
    throw wrong("an output can't be written as JSON.");
  }
}

function wrong(what: string): BudgetError {
  return new BudgetError("invalid_input", { message: `\`toolOutputs\`: ${what}` });
}

function named(calls: readonly OpenCall[]): string {
  return calls.map(({ name, callId }) => `${name} (${callId})`).join(", ");
}

function listed(ids: readonly string[]): string {
  return ids.map((id) => JSON.stringify(id.slice(0, 64))).join(", ");
}
