/** What a client may see, and what nobody may ever see. */
import type { Life } from "./app-processes.ts";
import type { KnownThread } from "./threads.ts";

export type Reply =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly body: {
        readonly thread?: string;
        readonly status?: string | number;
        readonly code?: string;
        readonly detail?: string;
        readonly stop?: { readonly reason: string; readonly problem?: { readonly code?: string } };
      };
    }
  /** The client did not wait. */
  | { readonly kind: "left" }
  /** The connection broke. */
  | { readonly kind: "broken"; readonly why: string };

/** Of a turn: what it was asked of, and what may have come of it. */
export interface Asked {
  readonly life: Life;
  readonly thread: KnownThread | undefined;
  /** Whether the store was away while it lasted, or shortly before. */
  readonly mayBeAway: boolean;
  /** Whether its user may have been frozen while it lasted, and whether from the first to the last moment. */
  readonly mayBeFrozen: boolean;
  readonly isFrozen: boolean;
}

export interface Outcome {
  /** For the tally: `answered`, `402 budget_exceeded`. */
  readonly name: string;
  readonly isExpected: boolean;
}

/** Refusals that a storm of this kind may bring, with their status. */
const REFUSALS: Readonly<Record<string, number>> = {
  budget_exceeded: 402,
  budget_in_flight: 402,
  run_exceeds_budget: 402,
  app_budget_exhausted: 503,
  // A killed process keeps its threads until their leases end.
  thread_busy: 409,
  provider_rate_limited: 503,
  provider_unreachable: 502,
  provider_timeout: 504,
};

const FROZEN = "subject_frozen";
const AWAY = "store_unavailable";

/** What somebody who is frozen may be told: nothing that shows that a step was so much as weighed. */
const WHILE_FROZEN: ReadonlySet<string> = new Set([
  FROZEN,
  "thread_busy",
  "thread_not_found",
  AWAY,
]);

/** Reasons for which a run that has done something may end early. */
const STOPS: ReadonlySet<string> = new Set(["budget", "provider", "max_output_tokens"]);

export function outcomeOf(reply: Reply, asked: Asked): Outcome {
  switch (reply.kind) {
    case "left":
      return { name: "left", isExpected: true };
    case "broken": {
      const { isKilled } = asked.life;
      const name = isKilled ? "killed" : `connection broke: ${reply.why}`;
      return { name, isExpected: isKilled };
    }
    case "answer":
      return answered(reply, asked);
  }
}

function answered(
  { status, body }: Extract<Reply, { kind: "answer" }>,
  { life, thread, mayBeAway, mayBeFrozen, isFrozen }: Asked,
): Outcome {
  const { code = status === 200 ? "answered" : "no code", detail = "" } = body;
  if (isFrozen && !WHILE_FROZEN.has(code))
    return { name: `${status} ${code}, of somebody who is frozen`, isExpected: false };
  if (status === 200) {
    const { reason, problem } = body.stop ?? {};
    if (reason === undefined) return { name: "answered", isExpected: body.status === "completed" };
    const why = problem?.code;
    const isKnown = why === undefined || why in REFUSALS;
    const isNamed = isKnown || (why === FROZEN && mayBeFrozen) || (why === AWAY && mayBeAway);
    const name = `cut short: ${why ?? reason}`;
    return { name, isExpected: STOPS.has(reason) && isNamed };
  }
  if (code === AWAY && status === 503 && mayBeAway)
    return { name: `503 ${code}`, isExpected: true };
  if (code === FROZEN && status === 403) return { name: `403 ${code}`, isExpected: mayBeFrozen };
  if (code === "thread_not_found" && thread?.mayComeLaterTo(life))
    return { name: "404 thread_not_found (another process has yet to save it)", isExpected: true };
  const isExpected = REFUSALS[code] === status;
  return { name: `${status} ${code}${isExpected ? "" : `: ${detail}`}`, isExpected };
}
