/** `@assistants-budget/core/store`: what the author of a store needs. */
export { BudgetError, isBudgetError } from "../errors.ts";
export { FOREVER, NO_USAGE, admit, claimAmount, reachedThresholds } from "../rules/index.ts";
export type { Filling, Noticed, Unit, Usage } from "../rules/index.ts";
export type {
  Act,
  ActLine,
  ActOf,
  ActReply,
  MovedWindow,
  Settings,
  SettingsVersion,
  SubjectKey,
} from "./acts.ts";
export {
  ceilingOf,
  chargeLine,
  correctionLine,
  entryOf,
  isExhausted,
  isOf,
  isUnit,
  noticesOf,
  ofSubject,
  spentOf,
  surplusBuckets,
  windowOf,
} from "./entries.ts";
export type { Entry } from "./entries.ts";
export type { KeptCharges } from "./kept-charges.ts";
export { memory } from "./memory/memory.ts";
export { fullness } from "./fullest.ts";
export type { CappedWindow, FullestQuery } from "./fullest.ts";
export type { Notice } from "./notices.ts";
export { renamedLine } from "./renamed-line.ts";
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
  StepLine,
  Store,
  WindowAt,
  WindowClaim,
  WindowState,
} from "./store.ts";
export type {
  Item,
  Mark,
  OpenAnswer,
  OpenCall,
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
  Unfinished,
} from "./thread-store.ts";
