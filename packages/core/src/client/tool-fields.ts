/** The tools that a request offers: only those that the app runs itself. */
import { type Check, counted, isFields, object, refusedField } from "./request-fields.ts";

const HOSTED =
  "a tool that the provider runs has fees of its own and makes the model read on, so what it can cost has no ceiling";

/** One tool: its type must be the app's own, its fields on the list of that type. */
function ownTool(types: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    const type: unknown = isFields(value) ? value["type"] : undefined;
    const check = typeof type === "string" && Object.hasOwn(types, type) ? types[type] : undefined;
    if (!check) throw refusedField(`${path}.type`, HOSTED);
    check(value, path);
  };
}

const SHOWN = {
  type: counted,
  name: counted,
  description: counted,
  parameters: counted,
  strict: counted,
  format: counted,
  output_schema: counted,
} as const;

/** As the Responses API has them. */
export const RESPONSES_TOOL: Check = ownTool({ function: object(SHOWN), custom: object(SHOWN) });

/** As Chat Completions has them. */
export const CHAT_TOOL: Check = ownTool({
  function: object({ type: counted, function: object(SHOWN) }),
  custom: object({ type: counted, custom: object(SHOWN) }),
});
