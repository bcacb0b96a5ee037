/** What budgeted clients stand on, and whom they spend for. */
import type { RunnerHost } from "../assistants/index.ts";
import type { LimitsSource, Subjects } from "../ledger/index.ts";
import type { Policy } from "../rules/index.ts";
import type { Subject } from "../subject.ts";
import type { KnownAnswers } from "./server-history.ts";

export interface ClientHost extends RunnerHost {
  /** @throws BudgetError where nothing can be run: no key, or closed. */
  readonly ready: () => void;
  /** Tells of work, so that closing waits for it. */
  readonly underWay: <T>(work: Promise<T>) => Promise<T>;
  /** Silence after which a stream is given up, ms. */
  readonly idleMs: number;
  readonly answers: KnownAnswers;
}

/** Whose budget a call is under. */
export interface Who {
  readonly subject: Subject;
  readonly subjects: Subjects;
  readonly policy: Policy;
  readonly limits: LimitsSource;
}

/** One call of the app's; what the SDK sends again belongs to it. */
export interface ClientCall {
  readonly id: string;
  /** Attempts that were charged. */
  charges: number;
  /** Attempts that may have cost something and brought nothing. */
  failures: number;
  /** What the last of them failed with; absent where nobody waited for its end. */
  failure?: unknown;
}
