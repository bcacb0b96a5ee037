/** From what a step demands to what the store is asked. */
import { claimsOf } from "./claims.ts";
import type { Demand, Subjects } from "./demand.ts";
import type { Standing } from "./known-settings.ts";
import { isOwnScope } from "./scopes.ts";
import type { HoldFacts, ReserveRequest } from "./store.ts";

export function requestFor(
  hold: Pick<ReserveRequest, "hold" | "owner" | "ttlMs" | "thresholds">,
  demand: Omit<Demand, "waitMs" | "signal">,
  at: { readonly standing: Standing; readonly now: number },
): ReserveRequest {
  const { timeZone, ceiling, output, facts } = demand;
  const { subjects, versions, counted, limits: operator } = at.standing;
  const moment = { now: at.now, timeZone };
  return {
    hold: hold.hold,
    owner: hold.owner,
    ttlMs: hold.ttlMs,
    thresholds: hold.thresholds,
    output,
    claims: claimsOf(demand, { operator, counted, subjects, moment }),
    subjects: versions,
    ceiling: {
      fixed: ceiling.promptTokens * ceiling.rates.prompt,
      perOutput: ceiling.rates.completion,
    },
    facts: factsFor(facts, subjects),
  };
}

/** With the user that an alias stands for, and the subjects of the app's own scopes. */
function factsFor(facts: HoldFacts, subjects: Subjects): HoldFacts {
  const { user = facts.user } = subjects;
  const own = Object.entries(subjects).filter(([scope]) => isOwnScope(scope));
  if (own.length === 0) return user === facts.user ? facts : { ...facts, user };
  return { ...facts, user, subjects: Object.fromEntries(own) };
}
