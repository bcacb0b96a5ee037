import { notFound } from "../errors.ts";
import { findFault } from "../faults/faults.ts";
import type { Item } from "../model/items.ts";
import type { AcceptedRequest } from "./accepted-request.ts";
import type { Generation } from "./generation.ts";
import { responseObject } from "./response-object.ts";

/** A response that can be asked for. */
export interface StoredResponse {
  readonly request: AcceptedRequest;
  readonly generation: Generation;
}

export interface ResponseStore {
  add(stored: StoredResponse): void;
  /** Throws a 404 for a response that is not held, or not to be seen yet. */
  get(id: string): StoredResponse;
  find(id: string): StoredResponse | undefined;
  delete(id: string): void;
  /** An item of a stored response, by its id. */
  findItem(id: string): Item | undefined;
}

export function createResponseStore(): ResponseStore {
  const responses = new Map<string, StoredResponse>();

  const isHidden = ({ request }: StoredResponse): boolean => {
    const fault = findFault(request.faults, "early_404");
    return fault !== undefined && Date.now() < request.acceptedAt + fault.ms;
  };

  return {
    add(stored) {
      responses.set(stored.request.id, stored);
    },
    get(id) {
      const stored = responses.get(id);
      if (stored !== undefined && !isHidden(stored)) return stored;
      throw notFound(`Response with id '${id}' not found.`);
    },
    find: (id) => responses.get(id),
    delete(id) {
      responses.delete(id);
    },
    findItem(id) {
      for (const { request, generation } of responses.values()) {
        const items = [...request.newItems, ...generation.progress().output];
        const item = items.find((entry) => entry.id === id);
        if (item !== undefined) return item;
      }
      return undefined;
    },
  };
}

/** A stored response as a retrieve shows it. */
export function retrievedObject({ request, generation }: StoredResponse): object {
  const progress = generation.progress();
  const slow = findFault(request.faults, "in_progress_for");
  if (slow !== undefined && Date.now() < request.acceptedAt + slow.ms) {
    const begun = { status: "in_progress", output: [], usage: null, error: null } as const;
    return responseObject(request, { ...begun, completedAt: null });
  }
  if (findFault(request.faults, "missing_usage")?.retrieved === true) {
    return responseObject(request, { ...progress, usage: null });
  }
  return responseObject(request, progress);
}
