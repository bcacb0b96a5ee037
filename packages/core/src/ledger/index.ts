/** `@assistants-budget/core/store`: what the author of a store needs. */
export { BudgetError } from "../errors.ts";
export { admit, claimAmount } from "../rules/index.ts";
export type { Unit, Usage } from "../rules/index.ts";
export {
  ceilingOf,
  chargeLine,
  correctionLine,
  entryOf,
  isUnit,
  spentOf,
  windowOf,
} from "./entries.ts";
export type { Entry } from "./entries.ts";
export { memory } from "./memory.ts";
export type {
  Charge,
  Family,
  HoldFacts,
  LedgerLine,
  LedgerStore,
  LineQuery,
  OpenHold,
  ReserveReply,
  ReserveRequest,
  SettleReply,
  Store,
  WindowAt,
  WindowClaim,
  WindowState,
} from "./store.ts";
export type {
  Item,
  Mark,
  OpenThread,
  OpenThreadReply,
  RunRecord,
  RunStatus,
  SaveRun,
  SaveRunReply,
  StepRecord,
  Stop,
  StopReason,
  StoredItem,
  ThreadState,
  ThreadStore,
} from "./thread-store.ts";
export { balanceJson } from "./balance.ts";
export type { Balance } from "./balance.ts";
export type { Subjects } from "./claims.ts";
export { createLedger } from "./ledger.ts";
export type { Demand, Hold, Ledger } from "./ledger.ts";
export type { Monotonic } from "./store-clock.ts";
export { persist } from "./persist.ts";
export { OWN_SCOPES } from "./refusal.ts";
