/** An answer's items in the form in which they are sent again: no server-side ids, nothing that is not read. */
import type { Item } from "../ledger/index.ts";
import { field, textField } from "./fields.ts";

/** Items that stay in the thread, and this run's reasoning. Kinds that are not known are left out. */
export function keptItems(output: readonly Item[]): readonly Item[] {
  return output.flatMap((item) => {
    switch (item.type) {
      case "message":
        return { type: "message", role: "assistant", content: contentOf(item) };
      case "function_call":
        return pick(item, ["type", "call_id", "name", "arguments"]);
      case "reasoning":
        // Only encrypted reasoning can be sent back to a provider that may not have stored it.
        return typeof item["encrypted_content"] === "string"
          ? pick(item, ["type", "id", "summary", "encrypted_content"])
          : [];
      default:
        return [];
    }
  });
}

/** The answer as plain text: all of its messages, or the words of a refusal. */
export function textOf(output: readonly Item[]): string {
  return output
    .filter((item) => item.type === "message")
    .flatMap((item) =>
      contentOf(item).map((part) => textField(part, "text") || textField(part, "refusal")),
    )
    .join("");
}

function contentOf(item: Item): readonly Readonly<Record<string, unknown>>[] {
  const { content } = item;
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown) => {
    const type = field(part, "type");
    if (type === "output_text") return { type, text: textField(part, "text"), annotations: [] };
    return type === "refusal" ? { type, refusal: textField(part, "refusal") } : [];
  });
}

function pick(item: Item, names: readonly string[]): Item {
  const entries = names.flatMap((name) => (name in item ? [[name, item[name]] as const] : []));
  return { ...Object.fromEntries(entries), type: item.type };
}
