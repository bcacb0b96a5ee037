/** Holds whose owners have died: settled with what the provider says, else charged in full. Never released. */
import pMap from "p-map";
import type { Charge, OpenHold } from "../ledger/index.ts";
import { assumed, verdictOf } from "./charging.ts";
import { outcomeOf } from "./outcome.ts";
import type { StepHost } from "./step-host.ts";

export interface RecoverReport {
  /** Holds that were found expired. */
  readonly found: number;
  /** Settled with the usage that the provider reported. */
  readonly reported: number;
  /** Charged at their ceiling, because nobody could say. */
  readonly assumed: number;
}

/** Holds whose outcome the provider is asked for at once. */
const AT_ONCE = 8;

/** Ends every expired hold. Several processes may do so at once: each hold still ends once. */
export async function recoverHolds(host: StepHost): Promise<RecoverReport> {
  const known: (Charge["known"] | undefined)[] = [];
  for (;;) {
    const holds = await host.ledger.expired();
    const page = await pMap(holds, (hold) => recoverHold(host, hold), { concurrency: AT_ONCE });
    known.push(...page);
    // A page that moved nothing would be found again for ever: others are at it, or the store is away.
    if (!page.some((one) => one !== undefined)) break;
  }
  const count = (kind: Charge["known"]) => known.filter((one) => one === kind).length;
  return { found: known.length, reported: count("reported"), assumed: count("assumed") };
}

/** Ends a hold whose owner has died; says how its charge is known where this ended it. */
export async function recoverHold(
  host: StepHost,
  hold: OpenHold,
): Promise<Charge["known"] | undefined> {
  const charge = await chargeFor(host, hold);
  const reply = await host.ledger.settle(hold.id, charge);
  return reply.kind === "settled" ? charge.known : undefined;
}

async function chargeFor(host: StepHost, hold: OpenHold): Promise<Charge> {
  const { facts, ceiling, outputTokens, responseId } = hold;
  const { prices, patienceMs: ms, monotonic } = host;
  const regional = facts.regional ?? false;
  const message = "its process died";
  const price = prices.find(facts.model, hold.createdAt);
  const lost = {
    kind: "lost" as const,
    message,
    timedOut: false,
    ...(responseId === undefined ? {} : { responseId }),
  };
  const ending = host.stored ? await outcomeOf(lost, host.backend, { ms, monotonic }) : lost;
  const verdict =
    price &&
    verdictOf(
      ending,
      { facts, ceiling, outputTokens },
      { prices, price, at: hold.createdAt, regional, on5xx: "charge" },
    );
  if (verdict && "charge" in verdict) return verdict.charge;
  return assumed({ facts, ceiling, outputTokens }, message);
}
