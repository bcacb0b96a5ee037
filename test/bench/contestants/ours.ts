import type { ReserveRequest, Store } from "@assistants-budget/core/store";
import { CHARGE, nextRequest } from "../requests.ts";

/** One reserve, which stays open. */
export async function reserveOn(
  store: Store,
  request: ReserveRequest = nextRequest(),
): Promise<string> {
  const { kind } = await store.reserve(request);
  if (kind !== "held") throw new Error(`${store.name}: reserve answered ${kind}`);
  return request.hold;
}

/** A reserve over five windows and its settle with a ledger line. */
export async function pairOn(store: Store, request?: ReserveRequest): Promise<void> {
  const { kind } = await store.settle(await reserveOn(store, request), CHARGE);
  if (kind !== "settled") throw new Error(`${store.name}: settle answered ${kind}`);
}
