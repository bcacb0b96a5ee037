/** After the storm: what is left open is recovered, and every rule is looked at. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Budget, createBudget } from "@assistants-budget/core";
import type { Store } from "@assistants-budget/core/store";
import { linesAfter } from "./books.ts";
import { type Tell, usd } from "./broken-rule.ts";
import type { Identities } from "./identities.ts";
import { WIDE } from "./limits.ts";
import { MODEL } from "./model.ts";
import { openStore } from "./open-store.ts";
import type { Plan } from "./plan.ts";
import type { Provider } from "./provider.ts";
import { checkActs } from "./rules/act-rules.ts";
import { type Sums, checkBooks } from "./rules/books-rules.ts";
import { checkCounters } from "./rules/counter-rules.ts";
import { checkForgotten } from "./rules/forget-rules.ts";
import { checkLines } from "./rules/line-rules.ts";
import { checkThreads } from "./rules/thread-rules.ts";
import type { Sampled } from "./sampler.ts";
import type { StoreServer } from "./store-server.ts";
import type { Person } from "./subjects.ts";
import type { KnownThread } from "./threads.ts";
import type { TroubleLog } from "./troubles.ts";
import type { KnownWindow } from "./windows.ts";

export interface Aftermath {
  readonly plan: Plan;
  readonly server: StoreServer;
  readonly provider: Provider;
  readonly windows: readonly KnownWindow[];
  readonly people: readonly Person[];
  readonly threads: readonly KnownThread[];
  readonly identities: Identities;
  readonly sampled: Sampled;
  readonly log: TroubleLog;
  readonly timeZone: string;
  readonly startedAt: number;
  readonly tell: Tell;
}

/** What the run came to, in the ledger and on the invoice. */
export interface Books extends Sums {
  /** Holds that the end of the storm had left open. */
  readonly recovered: number;
}

/** A minute from now: holds, and the leases of threads that died with their process, have ended by then. */
function later(): number {
  return Date.now() + 61_000;
}

export async function settleUp(after: Aftermath): Promise<Books> {
  const { plan, server, provider, timeZone, tell } = after;
  const { store, end } = openStore(server.place, { planted: plan.planted, clock: later });
  const budget = createBudget({
    store,
    timeZone,
    baseURL: provider.simulator.url,
    apiKey: "sk-chaos",
    limits: WIDE,
    assistants: { support: { model: MODEL, maxOutputTokens: 400 } },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  try {
    const recovered = await recoverAll(budget, store, tell);
    const stormLines = await linesAfter(store, undefined);
    await checkCounters(after, { store, lines: stormLines });
    await checkActs(after, { store, lines: stormLines });
    await checkThreads(budget, after);
    await provider.simulator.idle();
    const lines = await linesAfter(store, undefined);
    checkLines(after, lines, later());
    await checkForgotten(after, { budget, store, lines });
    return { recovered, ...checkBooks(after, lines) };
  } finally {
    await budget.close();
    await end();
  }
}

/** Gives back how many holds had been left open. */
async function recoverAll(budget: Budget, store: Store, tell: Tell): Promise<number> {
  let recovered = 0;
  // One page at a time; a few more for what another process had in hand when it ended.
  for (let tries = 0; tries < 5; tries += 1) {
    const { found } = await budget.recover();
    if (found === 0) break;
    recovered += found;
    await sleep(50);
  }
  const held = await store.holds({ expired: false, limit: 10_000 });
  const sum = held.reduce((total, { ceiling }) => total + ceiling, 0);
  if (held.length > 0) tell("held", `${held.length} holds of ${usd(sum)} are open after recovery`);
  return recovered;
}
