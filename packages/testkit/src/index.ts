/** `@assistants-budget/testkit`: the suites that every store and every adapter must pass. */
export { testClock } from "./store/harness.ts";
export type { OpenedStore, Runner, StoreHarness, TestClock } from "./store/harness.ts";
export type { Interleavings } from "./store/interleavings-part.ts";
export { storeSuite } from "./store/store-suite.ts";
