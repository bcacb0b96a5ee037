/** Stores by name, one a process: modules are loaded again at hot reloads, and once for each bundle. */
import type { Store } from "@assistants-budget/core";

const STORES = Symbol.for("assistants-budget.stores");

interface Process {
  [STORES]?: Map<string, Store>;
}

/** The store that came first under this name, unless it was one of another kind. */
export function storeOf(name: string, given: Store): Store {
  const own: typeof globalThis & Process = globalThis;
  const stores = (own[STORES] ??= new Map<string, Store>());
  const first = stores.get(name);
  if (first?.name === given?.name) return first ?? given;
  stores.set(name, given);
  return given;
}
