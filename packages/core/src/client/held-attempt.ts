/** One request that costs money: held before it is sent, settled by whatever becomes of it. */
import {
  type Ending,
  type HeldPlan,
  endStep,
  isProvidersFault,
  outcomeOf,
  paused,
  reserveStep,
} from "../assistants/index.ts";
import type { ClientHost } from "./client-host.ts";
import type { MeteredCall } from "./metered-call.ts";

export interface HeldAttempt {
  readonly outputTokens: number;
  /** The response's id: with it another process can ask what became of it. */
  created(responseId: string): void;
  /** Ends the hold; only the first ending counts. Never rejects. */
  ended(ending: Ending): Promise<void>;
}

/** @throws BudgetError the refusal, or that the provider is in a bad hour. */
export async function holdAttempt(
  host: ClientHost,
  plan: HeldPlan,
  metered: Pick<MeteredCall, "stored">,
): Promise<HeldAttempt> {
  const { breaker, ledger, monotonic } = host;
  if (breaker.closedForMs() > 0) throw paused(breaker);
  const { hold, facts } = await reserveStep(host, plan);
  if (!breaker.enter()) {
    await ledger.release(hold.id);
    throw paused(breaker);
  }
  const startedAt = await ledger.now();
  let attached: Promise<void> | undefined;
  let settled: Promise<void> | undefined;

  async function settle(seen: Ending): Promise<void> {
    const ending =
      seen.kind === "lost" && metered.stored
        ? await outcomeOf(seen, host.backend, { ms: host.patienceMs, monotonic })
        : seen;
    await attached;
    breaker.report(!isProvidersFault(ending));
    try {
      await endStep(host, plan, { hold, facts, ending, startedAt });
      if (ending.kind === "answered") host.answers.learn(ending);
    } catch (error) {
      // What is charged is charged: only what is told of it can still fail.
      const name = error instanceof Error ? error.name : typeof error;
      host.warn(`step ${facts.step} has ended, and telling so failed (${name})`);
    }
  }

  return {
    outputTokens: hold.outputTokens,
    created: (responseId) => {
      if (metered.stored) attached = ledger.attach(hold.id, responseId).catch(() => undefined);
    },
    ended: (ending) => (settled ??= host.underWay(settle(ending))),
  };
}
