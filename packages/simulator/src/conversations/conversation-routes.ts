import { badRequest, notFound } from "../errors.ts";
import { itemPage } from "../http/pages.ts";
import { json, type RouteTable } from "../http/routing.ts";
import { isList, type Json } from "../json.ts";
import { readItems, type Item } from "../model/items.ts";
import type { Holdings } from "../responses/accept-request.ts";
import { readMetadata } from "../responses/parameters.ts";
import { bodyObject } from "../responses/response-routes.ts";
import type { Conversation } from "./conversation-store.ts";

const MOST_ITEMS_AT_ONCE = 20;

function conversationObject({ id, createdAt, metadata }: Conversation): object {
  return { id, object: "conversation", created_at: createdAt, metadata };
}

function readNewItems(value: Json | undefined, held: Holdings): Item[] {
  if (value === undefined || value === null) return [];
  if (!isList(value)) throw badRequest("Invalid type for 'items': expected an array.", "items");
  if (value.length > MOST_ITEMS_AT_ONCE) {
    const message = `Invalid 'items': array too long. Expected an array with maximum length ${MOST_ITEMS_AT_ONCE}, but got an array with length ${value.length} instead.`;
    throw badRequest(message, "items", "array_above_max_length");
  }
  return readItems(value, "items", (id) => held.responses.findItem(id));
}

function itemIn(conversation: Conversation, id: string | undefined): Item {
  const item = conversation.items.find((entry) => entry.id === id);
  if (item !== undefined) return item;
  throw notFound(`Item with id '${id}' not found in conversation '${conversation.id}'.`);
}

/** Everything under /v1/conversations. */
export function conversationRoutes(held: Holdings): RouteTable {
  const { conversations } = held;
  const named = (params: Readonly<Record<string, string>>): Conversation =>
    conversations.get(params["id"] ?? "");

  return {
    "POST /v1/conversations": ({ body }) => {
      const { items, metadata } = bodyObject(body);
      const created = conversations.create(readNewItems(items, held), readMetadata(metadata));
      return json(conversationObject(created));
    },
    "GET /v1/conversations/{id}": ({ params }) => json(conversationObject(named(params))),
    "POST /v1/conversations/{id}": ({ params, body }) => {
      const conversation = named(params);
      conversation.metadata = readMetadata(bodyObject(body)["metadata"]);
      return json(conversationObject(conversation));
    },
    "DELETE /v1/conversations/{id}": ({ params }) => {
      const { id } = named(params);
      conversations.delete(id);
      return json({ id, object: "conversation.deleted", deleted: true });
    },
    "POST /v1/conversations/{id}/items": ({ params, body }) => {
      const conversation = named(params);
      const added = readNewItems(bodyObject(body)["items"], held);
      conversation.items = [...conversation.items, ...added];
      return json(itemPage(added, new URLSearchParams({ order: "asc" })));
    },
    "GET /v1/conversations/{id}/items": ({ params, query }) =>
      json(itemPage(named(params).items, query)),
    "GET /v1/conversations/{id}/items/{item}": ({ params }) =>
      json(itemIn(named(params), params["item"])),
    "DELETE /v1/conversations/{id}/items/{item}": ({ params }) => {
      const conversation = named(params);
      const removed = itemIn(conversation, params["item"]);
      conversation.items = conversation.items.filter((item) => item !== removed);
      return json(conversationObject(conversation));
    },
  };
}
