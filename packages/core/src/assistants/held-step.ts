/** The two ends of a step: money is held for it, and its hold is ended by what became of it. */
import { v7 as uuid } from "uuid";
import type { Hold, HoldFacts, Ledger, StepRecord } from "../ledger/index.ts";
import { type Price, type Tier, ceilingRates } from "../rules/index.ts";
import type { Ending } from "./backend.ts";
import { verdictOf } from "./charging.ts";
import type { StepHost } from "./step-host.ts";
import { toolCallsIn } from "./tool-calls.ts";

/** What is held for a step, and whom it is for. */
export interface HeldPlan {
  readonly model: string;
  readonly price: Price;
  /** `auto` where any tier may answer. */
  readonly tier: Tier | "auto";
  readonly promptTokens: number;
  readonly output: { readonly min: number; readonly max: number };
  /** What is set aside beside the step, for the answer after it. */
  readonly spare?: { readonly promptTokens: number; readonly outputTokens: number };
  readonly demand: Pick<
    Parameters<Ledger["reserve"]>[0],
    "limits" | "subjects" | "timeZone" | "waitMs" | "signal"
  >;
  readonly facts: StepFacts;
  /** Whether something of this run has been charged before. */
  readonly charged: () => boolean;
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

/** A step that has come to its end. */
interface Taken {
  readonly hold: Hold;
  readonly facts: HoldFacts;
  readonly ending: Ending;
  readonly startedAt: number;
}

/** A hold that is fresh: after a long pause of the process another one may be recovering it. */
export async function reserveStep(
  host: StepHost,
  plan: HeldPlan,
): Promise<{ readonly hold: Hold; readonly facts: HoldFacts }> {
  const { price, tier, promptTokens, demand, spare } = plan;
  const { regional } = host;
  const facts: HoldFacts = {
    ...plan.facts,
    step: `step_${uuid()}`,
    model: plan.model,
    tier,
    priceVersion: host.prices.version,
    ...(host.regional ? { regional: true } : {}),
    promptTokens,
  };
  const hold = await host.ledger.reserve({
    ...demand,
    ceiling: {
      promptTokens,
      rates: ceilingRates(price, { tier, promptTokens, regional }),
      ...(spare ? { spare: { ...spare, rates: spareRates(plan, spare, regional) } } : {}),
    },
    output: plan.output,
    countRun: !plan.charged(),
    facts,
  });
  if (hold.fresh()) return { hold, facts };
  await host.ledger.release(hold.id);
  return reserveStep(host, plan);
}

/** At the rates of the longest prompt that it may come to. */
function spareRates(
  { price, tier, output }: HeldPlan,
  spare: NonNullable<HeldPlan["spare"]>,
  regional: boolean,
): ReturnType<typeof ceilingRates> {
  const promptTokens = spare.promptTokens + output.max;
  return ceilingRates(price, { tier, promptTokens, regional });
}

/** Ends the hold, whatever the ending was, and says whether that was a charge. */
export async function endStep(
  host: StepHost,
  plan: Pick<HeldPlan, "price" | "onCharge">,
  taken: Taken,
): Promise<boolean> {
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
