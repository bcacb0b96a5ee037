import { memory } from "@assistants-budget/core/store";
import { describe, test } from "vitest";
import { storeSuite, testClock } from "../src/index.ts";

storeSuite(
  { describe, test },
  {
    open: async () => {
      const clock = testClock();
      const store = memory({ clock: clock.now });
      return { store, clock, close: () => store.close() };
    },
  },
  // Quick enough for more than the default.
  { runs: 400 },
);
