/** What a message may hold: text. Whatever is not text has no ceiling yet. */
import { type Check, isFields, refusedField } from "./request-fields.ts";

/** Content of these types of parts, or a plain text. */
export function textContent(...types: readonly string[]): Check {
  return (value, path) => {
    if (typeof value === "string") return;
    if (!Array.isArray(value)) throw refusedField(path, "it is neither text nor a list of parts");
    for (const [index, part] of value.entries()) {
      const at = `${path}[${index}]`;
      const type: unknown = isFields(part) ? part["type"] : undefined;
      if (typeof type !== "string" || !types.includes(type))
        throw refusedField(
          `${at}.type`,
          "only text can be counted before it is sent: no images, no files, no sound",
        );
    }
  };
}
