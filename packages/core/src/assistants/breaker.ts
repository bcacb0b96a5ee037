/** A provider in a bad hour must not eat budgets: after some failures in a row nothing is sent for a while. */
export interface Breaker {
  /** Milliseconds until something may be sent; 0 for now. */
  waitMs(): number;
  /** What was let through was not sent after all: another call may find out. */
  unused(): void;
  report(worked: boolean): void;
}

const FAILURES = 5;
const COOL_DOWN_MS = 15_000;

export function breaker(monotonic: () => number): Breaker {
  let failures = 0;
  let openUntil = -Infinity;
  let probing = false;
  return {
    waitMs: () => {
      const left = openUntil - monotonic();
      if (left > 0) return left;
      // After the cool-down one call at a time finds out; the others go on waiting for it.
      probing = failures >= FAILURES;
      if (probing) openUntil = monotonic() + COOL_DOWN_MS;
      return 0;
    },
    unused: () => {
      if (probing) openUntil = -Infinity;
    },
    report: (worked) => {
      probing = false;
      failures = worked ? 0 : failures + 1;
      if (worked) openUntil = -Infinity;
      else if (failures >= FAILURES) openUntil = monotonic() + COOL_DOWN_MS;
    },
  };
}
