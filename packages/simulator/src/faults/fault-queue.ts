import type { Json } from "../json.ts";
import type { Fault, FaultKind } from "./faults.ts";

export interface FaultQueue {
  inject(fault: Fault): void;
  /** The faults that hit this request; they are used up by it. */
  take(route: string, body: Json | undefined): readonly Fault[];
}

/** Faults that change what is generated or kept, whichever way the request is answered. */
const COMPANIONS: ReadonlySet<FaultKind> = new Set([
  "missing_usage",
  "exceeds_cap",
  "unknown_model_answered",
  "in_progress_for",
  "early_404",
]);

/** Faults after which nothing is generated, so that a companion has nothing to change. */
const REFUSALS: ReadonlySet<FaultKind> = new Set([
  "rate_limit",
  "insufficient_quota",
  "spend_limit",
  "overloaded",
  "refuse_connection",
]);

interface Pending {
  readonly fault: Fault;
  skip: number;
  left: number;
}

function isCompanion(pending: Pending): boolean {
  return COMPANIONS.has(pending.fault.kind);
}

function pathOf(fault: Fault): string {
  const usual = fault.kind === "retrieve_error" ? "GET /v1/responses/{id}" : "POST /v1/responses";
  return fault.path ?? usual;
}

export function createFaultQueue(random: () => number): FaultQueue {
  let queue: Pending[] = [];

  const isDue = (pending: Pending): boolean => {
    const isSkipped = pending.skip > 0;
    pending.skip = Math.max(0, pending.skip - 1);
    return !isSkipped;
  };

  const strikes = (pending: Pending): boolean => {
    const { probability = 1 } = pending.fault;
    if (probability < 1 && random() >= probability) return false;
    pending.left -= 1;
    return true;
  };

  return {
    inject(fault) {
      queue.push({ fault, skip: fault.after ?? 0, left: fault.times ?? 1 });
    },
    take(route, body) {
      const due = queue
        .filter(({ fault }) => pathOf(fault) === route && (fault.match?.(body) ?? true))
        .filter(isDue);
      const answer = due.find((pending) => !isCompanion(pending) && strikes(pending));
      const isRefused = answer !== undefined && REFUSALS.has(answer.fault.kind);
      const companions = isRefused
        ? []
        : due.filter((pending) => isCompanion(pending) && strikes(pending));
      queue = queue.filter((pending) => pending.left > 0);
      return [...(answer === undefined ? [] : [answer]), ...companions].map(({ fault }) => fault);
    },
  };
}
