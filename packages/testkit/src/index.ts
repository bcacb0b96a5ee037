/** `@assistants-budget/testkit`: the suites that every store and every adapter must pass. */
export { adapterSuite } from "./adapter/adapter-suite.ts";
export type {
  AdapterHarness,
  AppDescription,
  Handler,
  Route,
  SeenRequest,
  StartedApp,
} from "./adapter/harness.ts";
export { serve } from "./adapter/serve.ts";
export { testClock } from "./store/harness.ts";
export type { OpenedStore, Runner, StoreHarness, TestClock } from "./store/harness.ts";
export type { Interleavings } from "./store/interleavings-part.ts";
export { storeSuite } from "./store/store-suite.ts";
