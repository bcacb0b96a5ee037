import { badRequest, notFound } from "../errors.ts";
import type { Item } from "../model/items.ts";

const USUAL_LIMIT = 20;
const MOST = 100;

function readLimit(query: URLSearchParams): number {
  const limit = Number(query.get("limit") ?? USUAL_LIMIT);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw badRequest(`Invalid 'limit': expected an integer between 1 and ${MOST}.`, "limit");
}

/** One page of items under `order` (newest first by default), `after` and `limit`. */
export function itemPage(items: readonly Item[], query: URLSearchParams): object {
  const ordered = query.get("order") === "asc" ? items : items.toReversed();
  const after = query.get("after");
  const start = after === null ? 0 : ordered.findIndex((item) => item.id === after) + 1;
  if (after !== null && start === 0) throw notFound(`Item with id '${after}' not found.`, "after");
  const limit = readLimit(query);
  const data = ordered.slice(start, start + limit);
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: ordered.length > start + limit,
  };
}
