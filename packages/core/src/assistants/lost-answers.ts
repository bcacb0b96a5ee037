/** Steps that were charged and never written down with their run: the ledger knows them, the provider what they said. */
import { type StepLine, type StepRecord, stepLines } from "../ledger/index.ts";
import type { Answered } from "./backend.ts";
import { outcomeOf } from "./outcome.ts";
import { recoverHold } from "./recovery.ts";
import type { RunnerHost } from "./session.ts";
import { toolCallsIn } from "./tool-calls.ts";

/** What a run did before its process died, beyond its record. */
export interface Lost {
  readonly steps: readonly StepRecord[];
  /** What the last of them said, where the provider still knows. */
  readonly answer?: Answered;
}

/** Open holds that are looked at for those of one run. */
const MOST_HOLDS = 100_000;

/**
 * Ends the holds that a run's dead process left.
 *
 * @returns Milliseconds until the first of its living holds can expire, if there are any: then somebody is at the run.
 */
export async function settleHolds(host: RunnerHost, run: string): Promise<number | undefined> {
  const holds = await host.store.holds({ expired: false, limit: MOST_HOLDS });
  const own = holds.filter(({ facts }) => facts.run === run);
  if (own.length === 0) return undefined;
  const now = await host.store.now();
  const living = own.filter(({ expiresAt }) => expiresAt > now);
  if (living.length > 0) return Math.min(...living.map(({ expiresAt }) => expiresAt - now));
  for (const hold of own) await recoverHold(host, hold);
  return undefined;
}

/** What the ledger has of a run that its record has not. */
export async function lostSteps(
  host: RunnerHost,
  run: string,
  known: readonly StepRecord[],
): Promise<Lost> {
  const lines = await stepLines(host.store, { run });
  const holds = new Set(known.map(({ hold }) => hold));
  const missing = lines.filter(({ kind, hold }) => kind === "charge" && !holds.has(hold));
  const last = missing.at(-1);
  const answer = last && (await answerOf(host, last));
  const steps = missing.map((line) => recordOf(line, line === last ? answer : undefined));
  return { steps, ...(answer ? { answer } : {}) };
}

async function answerOf(host: RunnerHost, { charge }: StepLine): Promise<Answered | undefined> {
  const { responseId } = charge;
  if (responseId === undefined || !host.stored) return undefined;
  const { patienceMs: ms, monotonic } = host;
  const lost = { kind: "lost" as const, responseId, message: "", timedOut: false };
  const found = await outcomeOf(lost, host.backend, { ms, monotonic });
  return found.kind === "answered" && found.status !== "failed" ? found : undefined;
}

function recordOf({ facts, hold, charge, at }: StepLine, answer: Answered | undefined): StepRecord {
  const { model, tier, responseId, usage, nano, known, cause } = charge;
  return {
    id: facts.step,
    hold,
    model,
    tier,
    ...(responseId === undefined ? {} : { responseId }),
    usage,
    nano,
    known,
    ...(cause === undefined ? {} : { cause }),
    toolCalls: toolCallsIn(answer?.output ?? []).map(({ name }) => name),
    startedAt: at,
    endedAt: at,
  };
}
