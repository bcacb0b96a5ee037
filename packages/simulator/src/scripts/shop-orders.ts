import { isList, isObject, show, type Json } from "../json.ts";

/** What a look-up gave: JSON if it was any, else the text as it came. */
export function readOrder(output: string): Json {
  try {
    const value: Json = JSON.parse(output);
    return value;
  } catch {
    return output;
  }
}

function listOf(value: Json): string {
  if (!isList(value)) return show(value);
  return value.map((entry) => show(isObject(entry) ? (entry["name"] ?? entry) : entry)).join(", ");
}

/** Says in words what is known of an order, whatever fields the shop's own tool gives. */
export function sayOrder(order: string, found: Json): string {
  if (found === null) return `I can't find the order ${order}. Could you check its number?`;
  if (!isObject(found)) return `About ${order} our system says: ${show(found)}.`;
  const { error, status, eta, items, ...rest } = found;
  if (error !== undefined) return `I can't find the order ${order}: ${show(error)}.`;
  const others = Object.entries(rest)
    .filter(([key, value]) => key !== "order" && value !== undefined && !isObject(value))
    .map(([key, value]) => `${key}: ${listOf(value ?? null)}`);
  return [
    status === undefined
      ? `I have found your order ${order}.`
      : `Your order ${order} is ${show(status)}.`,
    items === undefined ? "" : `It holds ${listOf(items)}.`,
    eta === undefined ? "" : `We expect it to be with you on ${show(eta)}.`,
    others.length === 0 ? "" : `For the record, ${others.join(", ")}.`,
  ]
    .filter((sentence) => sentence !== "")
    .join(" ");
}
