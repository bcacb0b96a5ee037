/** One step: held, sent, read to its end, settled. A retry is a hold of its own. */
import pRetry from "p-retry";
import type { BudgetError } from "../errors.ts";
import type { Answered, Ending, StepBody } from "./backend.ts";
import { isProvidersFault, paused } from "./breaker.ts";
import { type HeldPlan, endStep, reserveStep } from "./held-step.ts";
import { outcomeOf } from "./outcome.ts";
import { pauseFor } from "./pause.ts";
import { providerError } from "./provider-error.ts";
import type { StepHost } from "./step-host.ts";

export interface StepPlan extends Omit<HeldPlan, "model"> {
  readonly body: StepBody;
  /** When the run must be over, by the monotonic clock. */
  readonly deadline: number;
  readonly onText: (delta: string) => void;
  /** The provider has begun to answer. */
  readonly onCreated?: () => void;
}

/** A failed attempt, and whether another one makes sense. */
class FailedAttempt extends Error {
  readonly error: BudgetError;
  readonly retry: boolean;
  readonly charged: boolean;
  readonly waitMs: number;

  constructor(error: BudgetError, next: { retry: boolean; charged: boolean; waitMs: number }) {
    super(error.message);
    this.error = error;
    this.retry = next.retry;
    this.charged = next.charged;
    this.waitMs = next.waitMs;
  }
}

/** A provider that asks for a longer wait than this is not waited for: the caller is told. */
const LONGEST_WAIT_MS = 20_000;

/** Charged attempts that are tried again: a provider's bad hour must not eat budgets. */
const CHARGED_RETRIES = 1;

/**
 * Takes a step, with the retries that the budget and the deadline allow.
 *
 * @throws BudgetError the refusal, or what the provider's last failure comes to.
 */
export async function takeStep(host: StepHost, plan: StepPlan): Promise<Answered> {
  let chargedRetries = 0;
  let askedToWait = 0;
  try {
    const tries = async (): Promise<Answered> => {
      // Even a pause of nothing is a turn of the timers.
      if (askedToWait > 0) await pauseFor(askedToWait, plan.demand.signal);
      return attempt(host, plan);
    };
    // The signal is not passed on: a step that has been paid for is an answer, aborted or not.
    return await pRetry(tries, {
      retries: host.maxRetries,
      minTimeout: 250,
      maxTimeout: 8_000,
      randomize: true,
      shouldRetry: ({ error }) => {
        if (!(error instanceof FailedAttempt) || !error.retry) return false;
        if (error.charged) chargedRetries += 1;
        askedToWait = error.waitMs;
        const inTime = host.monotonic() + error.waitMs < plan.deadline;
        return inTime && error.waitMs <= LONGEST_WAIT_MS && chargedRetries <= CHARGED_RETRIES;
      },
    });
  } catch (error) {
    throw error instanceof FailedAttempt ? error.error : error;
  }
}

async function attempt(host: StepHost, plan: StepPlan): Promise<Answered> {
  const { breaker } = host;
  if (breaker.closedForMs() > 0) throw paused(breaker);
  const asked = { ...plan, model: plan.body.model };
  const { hold, facts } = await reserveStep(host, asked);
  if (!breaker.enter()) {
    await host.ledger.release(hold.id);
    throw paused(breaker);
  }
  const startedAt = await host.ledger.now();
  let emitted = false;
  let attached: Promise<void> | undefined;
  const sent = await host.backend
    .step(
      { ...plan.body, max_output_tokens: hold.outputTokens },
      {
        created: (responseId) => {
          // Not waited for while the stream runs; a failure only means that recovery can't ask.
          attached = host.ledger.attach(hold.id, responseId).catch(() => undefined);
          plan.onCreated?.();
        },
        text: (delta) => {
          emitted = true;
          plan.onText(delta);
        },
      },
    )
    .catch((error: unknown): Ending => lostTo(error));
  const { monotonic, patienceMs } = host;
  const ending =
    sent.kind === "lost" && host.stored
      ? await outcomeOf(sent, host.backend, { ms: patienceMs, monotonic })
      : sent;
  await attached;
  const charged = await endStep(host, asked, { hold, facts, ending, startedAt });
  breaker.report(!isProvidersFault(ending));
  if (ending.kind === "answered" && ending.status !== "failed") return ending;
  throw new FailedAttempt(providerError(failed(ending)), {
    retry: isWorthRetrying(ending) && !emitted,
    charged,
    waitMs: ending.kind === "not_spent" ? (ending.retryAfter ?? 0) * 1000 : 0,
  });
}

function lostTo(cause: unknown): Ending {
  const message = `the backend broke (${cause instanceof Error ? cause.name : typeof cause})`;
  return { kind: "lost", message, timedOut: false, cause };
}

function failed(ending: Ending): Parameters<typeof providerError>[0] {
  return ending.kind === "answered" ? { ...ending, status: "failed" } : ending;
}

/** A failed response may have been a hiccup; one that was refused for what it says never is. */
function isWorthRetrying(ending: Ending): boolean {
  switch (ending.kind) {
    case "not_spent":
      return ending.retry;
    case "server_error":
      return true;
    case "lost":
      return !ending.timedOut;
    case "answered":
      return ending.reason === "server_error" || ending.reason === "rate_limit_exceeded";
  }
}
