import { badRequest } from "../errors.ts";
import { isList, isObject, show, type Json, type JsonObject } from "../json.ts";

/** A function that the request offers to the model. */
export interface FunctionTool {
  readonly name: string;
  readonly description: string;
  /** The JSON schema of the arguments, `{}` where the request gave none. */
  readonly parameters: JsonObject;
  /** The tool as it was sent. */
  readonly raw: JsonObject;
}

/** Whether and what the model may call. */
export interface ToolChoice {
  readonly mode: "auto" | "none" | "required";
  /** The tools that it may choose from. */
  readonly names: readonly string[];
  /** The tools that are offered and yet not to be called now. */
  readonly barred: readonly string[];
}

export function readTools(value: Json | undefined): FunctionTool[] {
  if (value === undefined || value === null) return [];
  if (!isList(value)) {
    throw badRequest(
      "Invalid type for 'tools': expected an array of objects.",
      "tools",
      "invalid_type",
    );
  }
  return value.map((tool, index) => readTool(tool, `tools[${index}]`));
}

function readTool(tool: Json, param: string): FunctionTool {
  if (!isObject(tool)) {
    throw badRequest(`Invalid type for '${param}': expected an object.`, param, "invalid_type");
  }
  if (tool["type"] !== "function") {
    // A hosted tool adds fees and tokens that this server could only invent.
    const message = `Invalid value: '${show(tool["type"])}'. Supported values are: 'function'.`;
    throw badRequest(message, `${param}.type`, "invalid_value");
  }
  const { name, description, parameters } = tool;
  if (typeof name !== "string" || name === "") {
    const message = `Missing required parameter: '${param}.name'.`;
    throw badRequest(message, `${param}.name`, "missing_required_parameter");
  }
  return {
    name,
    description: typeof description === "string" ? description : "",
    parameters: isObject(parameters) ? parameters : {},
    raw: tool,
  };
}

function nameIn(value: Json | undefined): string[] {
  return isObject(value) && typeof value["name"] === "string" ? [value["name"]] : [];
}

export function readToolChoice(
  choice: Json | undefined,
  tools: readonly FunctionTool[],
): ToolChoice {
  const all = tools.map((tool) => tool.name);
  const only = (mode: ToolChoice["mode"], allowed: readonly string[]): ToolChoice => ({
    mode,
    names: all.filter((name) => allowed.includes(name)),
    barred: all.filter((name) => !allowed.includes(name)),
  });
  if (choice === undefined || choice === null || choice === "auto") return only("auto", all);
  if (choice === "none") return only("none", []);
  if (choice === "required") return only("required", all);
  if (isObject(choice) && choice["type"] === "function") {
    const [name = ""] = nameIn(choice);
    if (all.includes(name)) return only("required", [name]);
    throw badRequest(`Tool choice '${name}' not found in 'tools' parameter.`, "tool_choice");
  }
  if (isObject(choice) && choice["type"] === "allowed_tools") {
    const allowed = isList(choice["tools"]) ? choice["tools"].flatMap(nameIn) : [];
    return only(choice["mode"] === "required" ? "required" : "auto", allowed);
  }
  const message =
    "Invalid value for 'tool_choice'. Supported values are: 'none', 'auto', 'required', a function, and 'allowed_tools'.";
  throw badRequest(message, "tool_choice", "invalid_value");
}
