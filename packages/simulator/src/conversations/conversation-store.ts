import { notFound } from "../errors.ts";
import { newId, nowInSeconds } from "../ids.ts";
import type { Item } from "../model/items.ts";

/** A conversation held by the server: items in the order in which they were added. */
export interface Conversation {
  readonly id: string;
  readonly createdAt: number;
  metadata: Readonly<Record<string, string>>;
  items: readonly Item[];
  /** The response that is being generated for it, if one is. */
  lockedBy: string | undefined;
}

export interface ConversationStore {
  create(items: readonly Item[], metadata: Conversation["metadata"]): Conversation;
  /** Throws a 404 for an id that is not held. */
  get(id: string): Conversation;
  delete(id: string): void;
}

export function createConversationStore(): ConversationStore {
  const conversations = new Map<string, Conversation>();
  return {
    create(items, metadata) {
      const id = newId("conv");
      const conversation = { id, createdAt: nowInSeconds(), metadata, items, lockedBy: undefined };
      conversations.set(id, conversation);
      return conversation;
    },
    get(id) {
      const conversation = conversations.get(id);
      if (conversation === undefined) throw notFound(`Conversation with id '${id}' not found.`);
      return conversation;
    },
    delete(id) {
      conversations.delete(id);
    },
  };
}
