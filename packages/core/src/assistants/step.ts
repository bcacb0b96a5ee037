/** One step: held, sent, read to its end, settled. A retry is a hold of its own. */
import pRetry from "p-retry";
import { v7 as uuid } from "uuid";
import { BudgetError } from "../errors.ts";
import type { Hold, HoldFacts, Ledger, StepRecord } from "../ledger/index.ts";
import { type Price, type PriceTable, type Tier, ceilingRates } from "../rules/index.ts";
import type { Answered, Backend, Ending, StepBody } from "./backend.ts";
import type { Breaker } from "./breaker.ts";
import { type ChargeTerms, verdictOf } from "./charging.ts";
import { outcomeOf } from "./outcome.ts";
import { pauseFor } from "./pause.ts";
import { providerError } from "./provider-error.ts";
import { toolCallsIn } from "./tool-calls.ts";

/** What all steps of a process share. */
export interface StepHost {
  readonly ledger: Ledger;
  readonly backend: Backend;
  readonly prices: PriceTable;
  readonly breaker: Breaker;
  readonly monotonic: () => number;
  readonly regional: boolean;
  readonly on5xx: ChargeTerms["on5xx"];
  readonly maxRetries: number;
  /** Whether the provider keeps responses, so that a lost one can be asked for. */
  readonly stored: boolean;
  /** How long a lost response is asked for, ms. */
  readonly patienceMs: number;
  /** For the developer: what was charged without being known. */
  readonly warn: (message: string) => void;
}

export interface StepPlan {
  readonly body: StepBody;
  readonly price: Price;
  readonly tier: Tier;
  readonly promptTokens: number;
  readonly output: { readonly min: number; readonly max: number };
  readonly demand: Pick<
    Parameters<Ledger["reserve"]>[0],
    "limits" | "subjects" | "timeZone" | "waitMs" | "signal"
  >;
  readonly facts: StepFacts;
  /** Whether something of this run has been charged before. */
  readonly charged: () => boolean;
  /** When the run must be over, by the monotonic clock. */
  readonly deadline: number;
  readonly onText: (delta: string) => void;
  /** Each charge, also those of attempts that failed. */
  readonly onCharge: (record: StepRecord) => void;
}

/** Whom and what a step is for, as its ledger line says it. */
interface StepFacts {
  readonly user: string;
  readonly thread: string;
  readonly run: string;
  readonly assistant: string;
  readonly route?: string;
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
  const { hold, facts } = await reserve(host, plan);
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
  const charged = await end(host, plan, { hold, facts, ending, startedAt });
  breaker.report(!isProvidersFault(ending));
  if (ending.kind === "answered" && ending.status !== "failed") return ending;
  throw new FailedAttempt(providerError(failed(ending)), {
    retry: isWorthRetrying(ending) && !emitted,
    charged,
    waitMs: ending.kind === "not_spent" ? (ending.retryAfter ?? 0) * 1000 : 0,
  });
}

interface Attempt {
  readonly hold: Hold;
  readonly facts: HoldFacts;
  readonly ending: Ending;
  readonly startedAt: number;
}

/** A hold that is fresh: after a long pause of the process another one may be recovering it. */
async function reserve(
  host: StepHost,
  plan: StepPlan,
): Promise<{ readonly hold: Hold; readonly facts: HoldFacts }> {
  const { price, tier, promptTokens, demand } = plan;
  const facts: HoldFacts = {
    ...plan.facts,
    step: `step_${uuid()}`,
    model: plan.body.model,
    tier,
    priceVersion: host.prices.version,
    ...(host.regional ? { regional: true } : {}),
    promptTokens,
  };
  const hold = await host.ledger.reserve({
    ...demand,
    ceiling: {
      promptTokens,
      rates: ceilingRates(price, { tier, promptTokens, regional: host.regional }),
    },
    output: plan.output,
    countRun: !plan.charged(),
    facts,
  });
  if (hold.fresh()) return { hold, facts };
  await host.ledger.release(hold.id);
  return reserve(host, plan);
}

/** Ends the hold, whatever the ending was, and says whether that was a charge. */
async function end(host: StepHost, plan: StepPlan, taken: Attempt): Promise<boolean> {
  const { hold, facts, ending, startedAt } = taken;
  const { prices, regional, on5xx } = host;
  const held = { facts, ceiling: hold.ceiling, outputTokens: hold.outputTokens };
  const terms = { prices, price: plan.price, at: startedAt, regional, on5xx };
  const verdict = verdictOf(ending, held, terms);
  if ("release" in verdict) {
    await host.ledger.release(hold.id);
    return false;
  }
  const { charge } = verdict;
  await host.ledger.settle(hold.id, charge);
  if (charge.known !== "reported")
    host.warn(`step ${facts.step} was charged as ${charge.known}: ${charge.cause ?? "no cause"}`);
  plan.onCharge({
    id: facts.step,
    hold: hold.id,
    model: charge.model,
    tier: charge.tier,
    ...(charge.responseId === undefined ? {} : { responseId: charge.responseId }),
    usage: charge.usage,
    nano: charge.nano,
    known: charge.known,
    ...(charge.cause === undefined ? {} : { cause: charge.cause }),
    toolCalls: ending.kind === "answered" ? toolCallsIn(ending.output).map(({ name }) => name) : [],
    startedAt,
    endedAt: await host.ledger.now(),
  });
  return true;
}

function paused(breaker: Breaker): BudgetError {
  const seconds = Math.ceil(breaker.closedForMs() / 1000);
  return new BudgetError("provider_unreachable", {
    message: `The provider failed several times in a row; nothing is sent for ${seconds} s more.`,
    retryAfter: seconds,
  });
}

function lostTo(cause: unknown): Ending {
  const message = `the backend broke (${cause instanceof Error ? cause.name : typeof cause})`;
  return { kind: "lost", message, timedOut: false, cause };
}

function failed(ending: Ending): Parameters<typeof providerError>[0] {
  return ending.kind === "answered" ? { ...ending, status: "failed" } : ending;
}

/** What a user can bring about by what they send must never close the way for all others. */
function isProvidersFault(ending: Ending): boolean {
  if (ending.kind === "answered")
    return ending.status === "failed" && ending.reason === "server_error";
  return ending.kind !== "not_spent" || ending.reason === "unreachable";
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
