/** The runs of this process that are under way, so that they can be stopped. */
import { BudgetError } from "../errors.ts";

interface LiveRun {
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal;
  /** It is over. */
  end(): void;
}

export interface LiveRuns {
  begin(run: string, user: string): LiveRun;
  /** Stops a run of this user's; false where none such is under way here. */
  cancel(run: string, user: string): boolean;
}

export function liveRuns(): LiveRuns {
  const runs = new Map<string, { readonly user: string; readonly controller: AbortController }>();
  return {
    begin: (run, user) => {
      const controller = new AbortController();
      const live = { user, controller };
      runs.set(run, live);
      return {
        signal: controller.signal,
        end: () => {
          if (runs.get(run) === live) runs.delete(run);
        },
      };
    },
    cancel: (run, user) => {
      const live = runs.get(run);
      if (live?.user !== user) return false;
      live.controller.abort(wasCancelled());
      return true;
    },
  };
}

/** What a run that had done nothing yet is refused with. */
function wasCancelled(): BudgetError {
  return new BudgetError("idempotency_conflict", { message: "This run was cancelled." });
}
