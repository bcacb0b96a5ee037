/** A batch: what goes out in one call of `commit_v1`. */
import type {
  Charge,
  ReserveReply,
  ReserveRequest,
  SettleReply,
  WindowClaim,
} from "@assistants-budget/core/store";

/** A hold that had ended before: whoever asked looks up how. */
export interface EndedBefore {
  readonly kind: "ended";
  readonly state: "settled" | "assumed" | "corrected" | "released";
}

export interface ReserveJob {
  readonly kind: "reserve";
  readonly request: ReserveRequest;
  readonly resolve: (reply: ReserveReply) => void;
  readonly reject: (error: unknown) => void;
}

export interface EndJob {
  readonly kind: "end";
  readonly hold: string;
  /** Absent for a release. */
  readonly charge?: Charge;
  readonly resolve: (reply: SettleReply | EndedBefore) => void;
  readonly reject: (error: unknown) => void;
}

export type Job = ReserveJob | EndJob;

/** How many go out in one call: more would keep the locks longer, and the slowest waits for two calls. */
const MOST_JOBS = 64;

/**
 * Takes from the queue what can go out together. A second job on one hold waits for the first,
 * and so does a family that is asked for by two names of its window.
 */
export function takeBatch(queue: Job[]): Job[] {
  const batch: Job[] = [];
  const left: Job[] = [];
  const holds = new Set<string>();
  const windows = new Map<string, WindowClaim>();
  for (const job of queue) {
    const hold = holdOf(job);
    const claims = job.kind === "reserve" ? job.request.claims : [];
    const full = batch.length >= MOST_JOBS;
    if (full || holds.has(hold) || claims.some((claim) => differs(claim, windows))) left.push(job);
    else {
      batch.push(job);
      for (const claim of claims) windows.set(claim.family, claim);
    }
    holds.add(hold);
  }
  queue.splice(0, queue.length, ...left);
  return batch;
}

function holdOf(job: Job): string {
  return job.kind === "reserve" ? job.request.hold : job.hold;
}

function differs(claim: WindowClaim, windows: ReadonlyMap<string, WindowClaim>): boolean {
  const other = windows.get(claim.family);
  return (
    other !== undefined &&
    (other.start !== claim.start || other.end !== claim.end || other.zone !== claim.zone)
  );
}
