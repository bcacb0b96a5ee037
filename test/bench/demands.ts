/** The same step as in `requests.ts`, as the runner asks core's ledger for it. */
import type { Store } from "@assistants-budget/core/store";
import { type Demand, type Ledger, createLedger } from "../../packages/core/src/ledger/index.ts";
import { parseLimit } from "../../packages/core/src/rules/index.ts";
import { THRESHOLDS, nextRequest } from "./requests.ts";

const limit = (text: string) => parseLimit(text, "limits");

const LIMITS: Demand["limits"] = {
  app: {
    user: [limit("$9000000/day"), limit("$9000000/month")],
    thread: [limit("$9000000")],
    tenant: [limit("$9000000/month")],
    app: [limit("$9000000/month")],
  },
  inner: [],
};

/** Core's ledger, with nobody who listens. */
export function openLedger(store: Store): Ledger {
  return createLedger({
    store,
    monotonic: () => performance.now(),
    owner: "bench",
    onStoreError: "deny",
    thresholds: THRESHOLDS,
    keptCharges: undefined,
    warn: () => undefined,
    noticed: () => undefined,
  });
}

export function nextDemand(): Demand {
  const { facts, output, claims } = nextRequest();
  const tenant = claims.find(({ scope }) => scope === "tenant")?.subject ?? "";
  return {
    limits: LIMITS,
    subjects: { user: facts.user, thread: facts.thread, tenant, app: "app" },
    timeZone: "UTC",
    ceiling: {
      promptTokens: facts.promptTokens,
      rates: { prompt: 500_000, completion: 2_000_000 },
    },
    output,
    countRun: false,
    facts,
    waitMs: 0,
  };
}
