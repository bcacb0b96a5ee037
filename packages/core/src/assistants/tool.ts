/** A function of the app that the model may call. */
import { z } from "zod";
import { BudgetError } from "../errors.ts";
import { field, textField } from "./fields.ts";

/** What a tool learns about the call beside its arguments. */
export interface ToolContext {
  /** Aborts when the tool's time is up or the run is stopped: pass it on to whatever waits. */
  readonly signal: AbortSignal;
  readonly user: string;
  readonly thread: string;
  readonly run: string;
  /** The provider's id of this call: unique, a good idempotency key for what the tool does. */
  readonly callId: string;
}

/** What every tool is made of. */
export interface ClientToolDefinition<Parameters extends z.ZodObject> {
  /** What the model calls it by: letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** What it does and when to use it, for the model. */
  readonly description: string;
  /** The arguments, a zod object; what the model sends is checked against it. */
  readonly parameters: Parameters;
  /** Left out, the tool is not the server's: its call ends the run, and `resume()` brings the output. */
  readonly execute?: undefined;
}

/** What a tool is made of that runs here. */
export interface ToolDefinition<Parameters extends z.ZodObject, Output> extends Omit<
  ClientToolDefinition<Parameters>,
  "execute"
> {
  /** Runs the tool. What it returns is given to the model as JSON, a string as it is; what it throws is told to the model as an error. */
  readonly execute: (args: z.output<Parameters>, context: ToolContext) => Output | Promise<Output>;
  /** Milliseconds after which the model is told that the tool took too long. Default 30,000. */
  readonly timeoutMs?: number;
  /**
   * True for what must not be done twice, such as a payment: a call that a crash cut off is reported and
   * not repeated. Default false: it is run again where nobody knows its output.
   */
  readonly sideEffects?: boolean;
}

interface Described {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Whether the schema is one that the provider can hold the model to. */
  readonly strict: boolean;
}

/** A tool, ready for an assistant's `tools`. `Args` and `Output` are there for type inference. */
export interface Tool<Args = unknown, Output = unknown> extends Described {
  readonly timeoutMs: number;
  readonly sideEffects: boolean;
  /** Checks raw arguments and runs the tool. */
  invoke(rawArguments: string, context: ToolContext): Promise<Output>;
  /** Never set: carries the types. */
  readonly types?: { readonly args: Args; readonly output: Output };
}

/** A tool that the app's client carries out, or a person: its call ends the run with `requires_action`. */
export interface ClientTool<Args = unknown> extends Described {
  readonly invoke?: undefined;
  /** Never set: carries the type. */
  readonly types?: { readonly args: Args };
}

const TOOL_NAME = /^[\w-]{1,64}$/;
const LONGEST_TIMEOUT_MS = 2_147_483_647;

/**
 * Defines a tool. The types of the arguments and of the output are inferred.
 *
 * @example
 * const lookUpOrder = tool({
 *   name: "lookUpOrder",
 *   description: "Looks an order up by its number.",
 *   parameters: z.object({ order: z.string() }),
 *   execute: ({ order }) => orders.get(order),
 * });
 * Without `execute` it is a tool of the app's client, or a question to a person:
 *
 * @example
 * const confirm = tool({
 *   name: "confirm",
 *   description: "Asks the user whether to go on.",
 *   parameters: z.object({ question: z.string() }),
 * });
 * @throws BudgetError `invalid_options` for what the provider would refuse.
 */
export function tool<Parameters extends z.ZodObject>(
  definition: ClientToolDefinition<Parameters>,
): ClientTool<z.output<Parameters>>;
export function tool<Parameters extends z.ZodObject, Output>(
  definition: ToolDefinition<Parameters, Output>,
): Tool<z.output<Parameters>, Output>;
export function tool<Parameters extends z.ZodObject, Output>(
  definition: ToolDefinition<Parameters, Output> | ClientToolDefinition<Parameters>,
): Tool<z.output<Parameters>, Output> | ClientTool<z.output<Parameters>> {
  const { name, description, parameters, execute } = definition;
  const wrong = (what: string): BudgetError =>
    new BudgetError("invalid_options", { message: `tool(${JSON.stringify(name)}): ${what}` });
  if (typeof name !== "string" || !TOOL_NAME.test(name))
    throw wrong('a name is 1 to 64 letters, digits, "_" and "-".');
  if (typeof description !== "string") throw wrong("found no description; say what it does.");
  const schema = schemaOf(parameters, wrong);
  const described = { name, description, schema, strict: isStrict(schema) };
  if (execute === undefined) return { ...described, invoke: undefined };
  const { timeoutMs = 30_000, sideEffects = false } = definition;
  if (typeof execute !== "function")
    throw wrong("`execute` is no function; leave it out for a tool of the app's client.");
  if (typeof sideEffects !== "boolean")
    throw wrong("`sideEffects` is true or false: whether a call must not be done twice.");
  if (!(timeoutMs >= 1 && timeoutMs <= LONGEST_TIMEOUT_MS))
    throw wrong(`timeoutMs: found ${timeoutMs}; from 1 to ${LONGEST_TIMEOUT_MS} are allowed.`);
  return {
    ...described,
    timeoutMs,
    sideEffects,
    invoke: async (rawArguments, context) => {
      const parsed = parameters.safeParse(JSON.parse(rawArguments === "" ? "{}" : rawArguments));
      if (!parsed.success) throw new TypeError(z.prettifyError(parsed.error));
      return execute(parsed.data, context);
    },
  };
}

/** What the model is shown: the arguments as they come in, before zod makes something else of them. */
function schemaOf(
  parameters: z.ZodObject,
  wrong: (what: string) => BudgetError,
): Readonly<Record<string, unknown>> {
  const allowed = "`parameters` must be a zod object, such as z.object({ order: z.string() })";
  if (field(parameters, "safeParse") === undefined) throw wrong(`${allowed}.`);
  try {
    const { $schema: _, ...schema } = z.toJSONSchema(parameters, { io: "input" });
    if (schema.type === "object") return closed(schema);
  } catch (error) {
    throw wrong(`${allowed} that JSON schema can say (${textField(error, "message")}).`);
  }
  throw wrong(`${allowed}.`);
}

/** zod drops properties that an object does not name, so the model is told not to send any. */
function closed(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(schema).map(([key, value]) => [key, closedValue(value)] as const);
  const copy = Object.fromEntries(entries);
  const open = schema["type"] === "object" && schema["additionalProperties"] === undefined;
  return open ? { ...copy, additionalProperties: false } : copy;
}

function closedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedValue);
  return typeof value === "object" && value !== null ? closed({ ...value }) : value;
}

/** Strict schemas name every property as required and allow no other, all the way down. */
function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict);
  if (typeof schema !== "object" || schema === null) return true;
  if (field(schema, "type") === "object") {
    const names = Object.keys(field(schema, "properties") ?? {});
    const required = field(schema, "required");
    const all: readonly unknown[] = Array.isArray(required) ? required : [];
    if (
      field(schema, "additionalProperties") !== false ||
      !names.every((name) => all.includes(name))
    )
      return false;
  }
  return Object.values(schema).every(isStrict);
}
