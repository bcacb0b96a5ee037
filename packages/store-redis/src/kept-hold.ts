/** What of a hold the store keeps as the caller gave it. */
import type { HoldFacts, ReserveRequest } from "@assistants-budget/core/store";
import { part } from "./keys.ts";

/** The user stands apart: it may become another one. */
export interface KeptHold {
  readonly id: string;
  readonly owner: string;
  readonly facts: Omit<HoldFacts, "user">;
}

/** User, run, whom else it counts for, thresholds, then the rest as JSON, between tabs. */
export function keptText(request: ReserveRequest): string {
  const { facts, thresholds } = request;
  const kept = keptOf(request);
  const names = `${part(facts.user)}\t${part(facts.run)}\t${subjectsOf(facts)}`;
  return `${names}\t${thresholds.join()}\t${JSON.stringify(kept)}`;
}

function keptOf({ hold, owner, facts }: ReserveRequest): KeptHold {
  const { user: _, ...others } = facts;
  return { id: hold, owner, facts: others };
}

/** For windows that begin later, and have to know which holds count. */
function subjectsOf({ thread, subjects }: HoldFacts): string {
  let text = `\nthread\u0001${part(thread)}\n`;
  for (const scope in subjects) text += `${part(scope)}\u0001${part(subjects[scope] ?? "")}\n`;
  return text;
}

/** More than a process has open at a time. */
const MOST = 10_000;

/** The holds that this process took, so that nobody has to tell it what they are for. */
export function ownHolds(): {
  readonly add: (request: ReserveRequest) => void;
  readonly take: (hold: string) => KeptHold | undefined;
} {
  const requests = new Map<string, ReserveRequest>();
  return {
    add: (request) => {
      if (requests.size >= MOST) requests.clear();
      requests.set(request.hold, request);
    },
    take: (hold) => {
      const request = requests.get(hold);
      requests.delete(hold);
      return request && keptOf(request);
    },
  };
}
