/** `@assistants-budget/core/store`: what the author of a store needs. */
export { BudgetError, isBudgetError } from "../errors.ts";
export { FOREVER, NO_USAGE, admit, claimAmount } from "../rules/index.ts";
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
