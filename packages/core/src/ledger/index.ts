/** The ledger as the rest of core knows it. */
export * from "./store-contract.ts";
export { balanceJson, balanceOf } from "./balance.ts";
export type { Balance } from "./balance.ts";
export type { Demand, Hold, Subjects } from "./demand.ts";
export { delivery } from "./delivery.ts";
export { createLedger } from "./ledger.ts";
export type { Ledger } from "./ledger.ts";
export type { LimitLayers, LimitsSource } from "./limit-layers.ts";
export type { Monotonic } from "./store-clock.ts";
export { askStore } from "./ask-store.ts";
export { OWN_SCOPES } from "./refusal.ts";
export { inBackground } from "./in-background.ts";
export { pending } from "./pending.ts";
export { actLines, stepLines } from "./read-lines.ts";
export type { Pending } from "./pending.ts";
export { abortError, throwIfAborted } from "./abort.ts";
export { isPassing } from "./scopes.ts";
export { routeKey } from "./window-plan.ts";
